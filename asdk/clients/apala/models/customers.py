"""Customer metadata, in bins so that it does not identify a person."""

from __future__ import annotations

from asdk import OpenEnum, model


class CreditScoreBin(OpenEnum):
    """A range of credit scores."""

    SCORE_500_550 = "SCORE_500_550"
    SCORE_550_600 = "SCORE_550_600"
    SCORE_600_650 = "SCORE_600_650"
    SCORE_650_700 = "SCORE_650_700"
    SCORE_700_750 = "SCORE_700_750"
    SCORE_750_800 = "SCORE_750_800"
    SCORE_800_PLUS = "SCORE_800_PLUS"
    UNKNOWN = "UNKNOWN"


class LoanAmountBin(OpenEnum):
    """A range of requested loan amounts, in dollars."""

    AMOUNT_0_500 = "AMOUNT_0_500"
    AMOUNT_500_1000 = "AMOUNT_500_1000"
    AMOUNT_1000_2000 = "AMOUNT_1000_2000"
    AMOUNT_2000_5000 = "AMOUNT_2000_5000"
    AMOUNT_5000_10000 = "AMOUNT_5000_10000"
    AMOUNT_10000_PLUS = "AMOUNT_10000_PLUS"


class AgeBin(OpenEnum):
    """A range of ages, in years."""

    AGE_18_25 = "AGE_18_25"
    AGE_25_30 = "AGE_25_30"
    AGE_30_35 = "AGE_30_35"
    AGE_35_40 = "AGE_35_40"
    AGE_40_45 = "AGE_40_45"
    AGE_45_50 = "AGE_45_50"
    AGE_50_55 = "AGE_50_55"
    AGE_55_60 = "AGE_55_60"
    AGE_60_PLUS = "AGE_60_PLUS"


class MonthlyIncomeBin(OpenEnum):
    """A range of monthly incomes, in dollars."""

    INCOME_0_2000 = "INCOME_0_2000"
    INCOME_2000_3000 = "INCOME_2000_3000"
    INCOME_3000_4000 = "INCOME_3000_4000"
    INCOME_4000_5000 = "INCOME_4000_5000"
    INCOME_5000_6000 = "INCOME_5000_6000"
    INCOME_6000_8000 = "INCOME_6000_8000"
    INCOME_8000_10000 = "INCOME_8000_10000"
    INCOME_10000_PLUS = "INCOME_10000_PLUS"


@model
class CustomerMetadata:
    """Facts about a customer; None values are not sent.

    Attributes:
        is_repeat_borrower: 1 for a repeat borrower, 0 for a new borrower.
        credit_score_bin: the range of the credit score.
        requested_loan_amount_bin: the range of the requested loan amount.
        state_id: the number of the state, at least 1.
        age_bin: the range of the customer's age.
        monthly_income_bin: the range of the monthly income.
    """

    is_repeat_borrower: int | None = None
    credit_score_bin: CreditScoreBin | None = None
    requested_loan_amount_bin: LoanAmountBin | None = None
    state_id: int | None = None
    age_bin: AgeBin | None = None
    monthly_income_bin: MonthlyIncomeBin | None = None
