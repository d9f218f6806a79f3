"""Writes covid_sample.csv: made-up rows under the column names of the CDC case surveillance table."""

import csv
import math
import random
from datetime import date, timedelta
from pathlib import Path

COLUMNS = [
    "cdc_case_earliest_dt",
    "cdc_report_dt",
    "pos_spec_dt",
    "onset_dt",
    "current_status",
    "sex",
    "age_group",
    "race_ethnicity_combined",
    "hosp_yn",
    "icu_yn",
    "death_yn",
    "medcond_yn",
]
AGES = [f"{low} - {low + 9} Years" for low in range(0, 80, 10)] + ["80+ Years"]
GROUPS = ["Group A", "Group B", "Group C", "Unknown"]


def yes(rng: random.Random, probability: float) -> bool:
    return rng.random() < probability


def reported(rng: random.Random, answer: bool, missing: float) -> str:
    """The true answer, or one of the ways in which the real table says that it is not known."""
    if yes(rng, missing):
        return rng.choice(["Missing", "Unknown"])
    return "Yes" if answer else "No"


def row(rng: random.Random) -> dict[str, str]:
    age = rng.choices(range(9), weights=[5, 9, 17, 16, 14, 14, 11, 8, 8])[0]
    ill_before = yes(rng, 0.10 + 0.07 * age)
    hospital = yes(rng, 1 / (1 + math.exp(4.2 - 0.5 * age - 0.9 * ill_before)))
    intensive = hospital and yes(rng, 0.35)
    death = yes(rng, 1 / (1 + math.exp(7.6 - 0.75 * age - 0.7 * ill_before - 1.8 * hospital - 1.8 * intensive)))

    onset = date(2020, 3, 1) + timedelta(days=rng.randrange(300))
    specimen = onset + timedelta(days=rng.randrange(6))
    report = specimen + timedelta(days=rng.randrange(10))
    onset_known, specimen_known = yes(rng, 0.6), yes(rng, 0.35)
    earliest = onset if onset_known else specimen if specimen_known else report
    return {
        "cdc_case_earliest_dt": earliest.isoformat(),
        "cdc_report_dt": report.isoformat(),
        "pos_spec_dt": specimen.isoformat() if specimen_known else "",
        "onset_dt": onset.isoformat() if onset_known else "",
        "current_status": "Laboratory-confirmed case" if yes(rng, 0.92) else "Probable Case",
        "sex": rng.choices(["Female", "Male", "Unknown"], weights=[52, 47, 1])[0],
        "age_group": AGES[age],
        "race_ethnicity_combined": rng.choice(GROUPS),
        "hosp_yn": reported(rng, hospital, 0.15),
        "icu_yn": reported(rng, intensive, 0.40),
        "death_yn": reported(rng, death, 0.04),
        "medcond_yn": reported(rng, ill_before, 0.35),
    }


def main() -> None:
    rng = random.Random(155)
    with Path("covid_sample.csv").open("w", newline="") as file:
        table = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        table.writeheader()
        table.writerows(row(rng) for _ in range(600))


if __name__ == "__main__":
    main()
