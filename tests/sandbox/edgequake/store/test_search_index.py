from asdk.sandbox.edgequake.store import extraction
from asdk.sandbox.edgequake.store.search_index import SearchIndex


def index_of(*texts: str) -> SearchIndex:
    index = SearchIndex()
    for number, text in enumerate(texts):
        index.add(str(number), extraction.chunks(str(number), text))
    return index


def found(index: SearchIndex, question: str, limit: int = 10) -> list[str]:
    return [hit.document_id for hit in index.search(question, limit=limit, accepts=lambda _: True)]


def test_most_words_come_first_then_most_often_then_first_added() -> None:
    index = index_of("tea", "tea and milk", "tea tea", "coffee", "tea")
    assert found(index, "tea with milk") == ["1", "2", "0", "4"]


def test_the_score_is_the_share_of_words_that_say_something() -> None:
    hits = index_of("tea").search("what is the tea milk?", limit=1, accepts=lambda _: True)
    assert hits[0].score == 0.5


def test_a_question_of_small_words_alone_is_taken_as_it_is() -> None:
    assert found(index_of("to be or not", "tea"), "to be") == ["0"]


def test_documents_that_are_not_accepted_are_passed_over() -> None:
    hits = index_of("tea", "tea").search("tea", limit=5, accepts=lambda document_id: document_id == "1")
    assert [hit.document_id for hit in hits] == ["1"]


def test_a_rare_word_is_found_among_many_that_share_a_common_one() -> None:
    index = index_of(*(f"tea number{number}" for number in range(3000)))
    assert found(index, "tea number2999", limit=2) == ["2999", "0"]


def test_removed_chunks_are_not_found_and_leave_nothing() -> None:
    index = index_of("tea", "tea milk")
    index.remove(extraction.chunks("1", "tea milk"))
    index.remove(extraction.chunks("1", "tea milk"))
    assert found(index, "tea milk") == ["0"]
    index.remove(extraction.chunks("0", "tea"))
    assert found(index, "tea milk") == []
    assert vars(index)["_postings"] == {}
