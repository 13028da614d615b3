"""Five programs one would believe: country, money, trades, people, shelves and seasons.

Cities, time zones and currencies are real; shares and prices are judgements that fit the sizes
which section 5 of the fraud reference asks for.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from features.errors import BadInput


@dataclass(frozen=True)
class Region:
    """A sales region around a city; ``share`` of the members live there."""

    name: str
    lat: float
    lon: float
    share: float


@dataclass(frozen=True)
class Story:
    """What makes one program different from another.

    Parameters
    ----------
    name, brand, timezone, currency, calendar
        The story's name, the brand's, IANA zone, ISO 4217 code and one of
        `training.simulate.calendars.CALENDARS`.
    digits : int
        Digits of the currency after the point.
    point_value : float
        What a point is worth, in the currency.
    languages : tuple of str
        Languages of the program's texts.
    spoken : dict of str to float
        Languages of the members, with shares.
    personas : tuple of five floats
        Shares of retailer, distributor, promoter, influencer, field_rep.
    trades : dict of str to float
        Trades of the influencers, with shares; other personas have their own.
    rhythms : dict of str to float
        Shares of the rhythms (`training.simulate.personas.RHYTHMS`) among the influencers.
    off_season : str
        What seasonal members declare, as the contract writes it.
    products : tuple of str
        Names the SKUs are made of.
    regions : tuple of Region
    pace : float
        Factor on all rates, so that each story has about fifty events a member and year.
    """

    name: str
    brand: str
    timezone: str
    currency: str
    digits: int
    point_value: float
    calendar: str
    languages: tuple[str, ...]
    spoken: dict[str, float]
    personas: tuple[float, float, float, float, float]
    trades: dict[str, float]
    rhythms: dict[str, float]
    off_season: str
    products: tuple[str, ...]
    regions: tuple[Region, ...]
    pace: float


_INDONESIA: Final = (
    Region("Jakarta", -6.21, 106.85, 0.24), Region("Bandung", -6.91, 107.61, 0.15),
    Region("Semarang", -6.97, 110.42, 0.13), Region("Surabaya", -7.26, 112.75, 0.18),
    Region("Medan", 3.59, 98.67, 0.11), Region("Makassar", -5.15, 119.43, 0.08),
    Region("Palembang", -2.98, 104.76, 0.07), Region("Yogyakarta", -7.80, 110.37, 0.04),
)
_PARAGUAY: Final = (
    Region("Encarnacion", -27.33, -55.87, 0.24), Region("Ciudad del Este", -25.51, -54.61, 0.22),
    Region("Santa Rita", -25.79, -55.09, 0.18), Region("Caaguazu", -25.47, -56.02, 0.14),
    Region("San Pedro", -24.09, -57.08, 0.12), Region("Concepcion", -23.41, -57.43, 0.10),
)
_PERU: Final = (
    Region("Lima", -12.05, -77.04, 0.38), Region("Arequipa", -16.41, -71.54, 0.16),
    Region("Trujillo", -8.11, -79.03, 0.14), Region("Chiclayo", -6.77, -79.84, 0.10),
    Region("Piura", -5.19, -80.63, 0.09), Region("Cusco", -13.53, -71.97, 0.08),
    Region("Huancayo", -12.07, -75.21, 0.05),
)
_INDIA: Final = (
    Region("Pune", 18.52, 73.86, 0.17), Region("Nagpur", 21.15, 79.09, 0.11),
    Region("Indore", 22.72, 75.86, 0.13), Region("Jaipur", 26.91, 75.79, 0.14),
    Region("Lucknow", 26.85, 80.95, 0.15), Region("Surat", 21.17, 72.83, 0.12),
    Region("Bhopal", 23.26, 77.41, 0.09), Region("Patna", 25.61, 85.14, 0.09),
)
_PHILIPPINES: Final = (
    Region("Manila", 14.60, 120.98, 0.34), Region("Cebu", 10.32, 123.89, 0.18),
    Region("Davao", 7.19, 125.46, 0.16), Region("Iloilo", 10.72, 122.56, 0.11),
    Region("Cagayan de Oro", 8.45, 124.63, 0.09), Region("Angeles", 15.15, 120.59, 0.12),
)

_STORIES: Final = (
    Story("electricians", "Kabelindo Juara", "Asia/Jakarta", "IDR", 2, 100.0, "lebaran",
          ("en", "id"), {"id": 0.93, "en": 0.07}, (0.24, 0.015, 0.055, 0.65, 0.04),
          {"electrician": 0.62, "contractor": 0.18, "panel_builder": 0.07, "handyman": 0.13},
          {"steady": 0.40, "project": 0.27, "seasonal": 0.01, "campaign": 0.12,
           "sporadic": 0.14, "never": 0.06},
          "03-20/04-10", ("cable", "switch", "breaker", "lamp", "socket", "panel"),
          _INDONESIA, 0.88),
    Story("farmers", "Campo Fiel", "America/Asuncion", "PYG", 0, 40.0, "sowing",
          ("en", "es"), {"es": 0.98, "en": 0.02}, (0.20, 0.02, 0.05, 0.68, 0.05),
          {"farmer": 0.82, "agronomist": 0.08, "spray_operator": 0.10},
          {"steady": 0.14, "project": 0.03, "seasonal": 0.60, "campaign": 0.07,
           "sporadic": 0.10, "never": 0.06},
          "04-15/08-15;12-20/01-05", ("seed", "herbicide", "fungicide", "fertiliser", "oil"),
          _PARAGUAY, 0.85),
    Story("installers", "Agua Viva", "America/Lima", "PEN", 2, 0.02, "latin",
          ("en", "es"), {"es": 0.97, "en": 0.03}, (0.20, 0.015, 0.05, 0.69, 0.045),
          {"plumber": 0.45, "solar_installer": 0.25, "contractor": 0.30},
          {"steady": 0.24, "project": 0.48, "seasonal": 0.01, "campaign": 0.08,
           "sporadic": 0.13, "never": 0.06},
          "12-24/01-10", ("pump", "heater", "valve", "pipe", "inverter", "filter"), _PERU, 0.86),
    Story("resellers", "Dhara Motors Spares", "Asia/Kolkata", "INR", 2, 0.25, "diwali",
          ("en",), {"en": 0.45, "hi": 0.55}, (0.46, 0.025, 0.05, 0.43, 0.035),
          {"mechanic": 0.70, "garage": 0.22, "tyre_fitter": 0.08},
          {"steady": 0.48, "project": 0.08, "seasonal": 0.01, "campaign": 0.22,
           "sporadic": 0.15, "never": 0.06},
          "10-18/10-26", ("oil", "filter", "brake", "battery", "clutch", "belt"), _INDIA, 0.77),
    Story("retail", "Suki Rewards", "Asia/Manila", "PHP", 2, 0.30, "latin",
          ("en",), {"en": 0.35, "fil": 0.65}, (0.62, 0.02, 0.10, 0.22, 0.04),
          {"stylist": 0.40, "pharmacist": 0.35, "cook": 0.25},
          {"steady": 0.55, "project": 0.02, "seasonal": 0.01, "campaign": 0.20,
           "sporadic": 0.16, "never": 0.06},
          "12-24/01-05", ("soap", "shampoo", "coffee", "noodle", "battery", "detergent"),
          _PHILIPPINES, 0.79),
)
STORIES: Final[dict[str, Story]] = {story.name: story for story in _STORIES}


def story_of(name: str) -> Story:
    """The story of that name.

    Raises
    ------
    BadInput
        No such story.

    Examples
    --------
    >>> story_of("farmers").currency
    'PYG'
    """
    if name not in STORIES:
        raise BadInput("a story: " + ", ".join(STORIES), name, "take one of them")
    return STORIES[name]
