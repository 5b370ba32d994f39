from asdk.sandbox.edgequake.store import extraction


def test_a_text_is_cut_between_words_and_nothing_is_lost() -> None:
    text = "\n".join(f"line {number} of a long text" for number in range(200))
    pieces = extraction.chunks("d", text)
    assert len(pieces) == 4
    assert all(len(piece.text) <= extraction.CHUNK_SIZE for piece in pieces)
    assert " ".join(piece.text for piece in pieces).split() == text.split()
    assert [piece.chunk_id for piece in pieces[:2]] == ["d-chunk-0", "d-chunk-1"]


def test_chunks_know_their_lines() -> None:
    lines = [f"{number:03}{'x' * 97}" for number in range(1, 31)]
    pieces = extraction.chunks("d", "\n".join(lines))
    told = [piece.text.splitlines() for piece in pieces]
    assert [int(shown[0][:3]) for shown in told] == [piece.start_line for piece in pieces] == [1, 12, 23]
    assert [int(shown[-1][:3]) for shown in told] == [piece.end_line for piece in pieces] == [11, 22, 30]


def test_a_text_without_blanks_is_cut_all_the_same() -> None:
    assert [len(piece.text) for piece in extraction.chunks("d", "x" * 3000)] == [1200, 1200, 600]


def test_names_become_entities_and_neighbours_in_a_sentence_related() -> None:
    entities, relationships = extraction.graph("The Sarah Chen met Ada in Oslo. Ada left.")
    assert entities == ["SARAH_CHEN", "ADA", "OSLO"]
    assert relationships == [("SARAH_CHEN", "ADA"), ("ADA", "OSLO")]


def test_an_entitys_type_depends_on_its_name_alone() -> None:
    assert extraction.entity_type("OSLO") == extraction.entity_type("OSLO")
    assert len({extraction.entity_type(f"NAME_{number}") for number in range(100)}) == 6
