"""Missions: what can be offered, how each member would respond, and a policy that draws at random.

The effect of a mission on a member is the chance that sending it makes him active within
`HORIZON` days when he would not have been, and it is known here and nowhere else. Holdouts and
random offers run from the first day, so that the effect can be found from the export alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from training.simulate.people import NEVER_LEAVES
from training.simulate.personas import (
    CAMPAIGN,
    DISTRIBUTOR,
    FIELD_REP,
    INFLUENCER,
    NEVER,
    PROJECT,
    PROMOTER,
    RETAILER,
    SEASONAL,
    SPORADIC,
    STEADY,
)

if TYPE_CHECKING:
    from training.simulate.people import Members
    from training.simulate.program import World

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

HORIZON: Final = 14
"""Days in which a mission may work."""
GLOBAL_HOLDOUT: Final = 0.07
MISSION_HOLDOUT: Final = 0.12
"""Shares kept out of everything, and of the mission drawn; inside the usual 5-10 % and 10-20 %."""
DELIVERED: Final = 0.93
READ: Final = 0.62
OPT_OUT: Final = 0.006
ANNOYED_DAYS: Final = 21
"""A member whom a mission annoys is silent that long."""
FARMED: Final = 0.65
"""Effect on members who wait for missions: nearly all of it is activity put off (pattern 26)."""
SPRAWL: Final = 0.55
"""Sigma of the lognormal spread of effects over members."""


@dataclass(frozen=True)
class MissionKind:
    """One mission: what missions.yaml says of it, and how strong it is for whom."""

    id: str
    cost_points: int
    personas: tuple[int, ...]
    channels: tuple[str, ...]
    cool_off_days: int
    goal: str
    effect: float
    suits: dict[int, float]
    texts: dict[str, str]


_PLAIN: Final = (RETAILER, PROMOTER, INFLUENCER)
MISSIONS: Final = (
    MissionKind("double_points_new_product", 60, _PLAIN, ("whatsapp", "app"), 30,
                "Scan the new product within two weeks", 0.09,
                {CAMPAIGN: 2.4, STEADY: 1.2, PROJECT: 0.6, NEVER: 0.2}, {
        "en": "Double points on the new product for two weeks. Scan your first one today.",
        "id": "Poin ganda untuk produk baru selama dua minggu. Pindai yang pertama hari ini.",
        "es": "Puntos dobles en el producto nuevo por dos semanas. Escanee el primero hoy."}),
    MissionKind("first_scan", 50, _PLAIN, ("whatsapp", "sms", "app"), 21,
                "Make the first scan", 0.06, {NEVER: 2.6, SPORADIC: 0.7, STEADY: 0.4}, {
        "en": "Your first scan earns 50 extra points. We show you how in one minute.",
        "id": "Pindaian pertama Anda mendapat 50 poin tambahan. Caranya hanya satu menit.",
        "es": "Su primer escaneo gana 50 puntos extra. Le mostramos cómo en un minuto."}),
    MissionKind("streak_four_weeks", 80, _PLAIN, ("app", "whatsapp"), 45,
                "Scan in each of four weeks", 0.07,
                {STEADY: 2.0, SPORADIC: 0.8, PROJECT: 0.4, SEASONAL: 0.4, NEVER: 0.1}, {
        "en": "Scan once a week for four weeks and earn 80 points.",
        "id": "Pindai sekali seminggu selama empat minggu dan dapatkan 80 poin.",
        "es": "Escanee una vez por semana durante cuatro semanas y gane 80 puntos."}),
    MissionKind("redemption_help", 20, (*_PLAIN, DISTRIBUTOR), ("whatsapp", "sms", "app"), 60,
                "Redeem once", 0.08, {SPORADIC: 1.9, STEADY: 1.0, PROJECT: 1.1, NEVER: 0.1}, {
        "en": "Your points are waiting. Choose a reward and we help you to redeem it.",
        "id": "Poin Anda menunggu. Pilih hadiah dan kami bantu menukarkannya.",
        "es": "Sus puntos lo esperan. Elija un premio y le ayudamos a canjearlo."}),
    MissionKind("training_video", 30, (RETAILER, PROMOTER, INFLUENCER, FIELD_REP),
                ("app", "whatsapp"), 40, "Watch a training and scan the product shown", 0.05,
                {PROJECT: 1.8, STEADY: 1.1, SPORADIC: 1.0, CAMPAIGN: 0.6, NEVER: 0.6}, {
        "en": "Watch the three-minute training and earn 30 points with your next scan.",
        "id": "Tonton pelatihan tiga menit dan dapatkan 30 poin pada pindaian berikutnya.",
        "es": "Vea la capacitación de tres minutos y gane 30 puntos con su próximo escaneo."}),
    MissionKind("season_welcome", 40, (RETAILER, DISTRIBUTOR, INFLUENCER), ("whatsapp", "sms"), 60,
                "Scan the first purchase of the season", 0.06,
                {SEASONAL: 2.6, PROJECT: 1.2, STEADY: 0.7, NEVER: 0.3}, {
        "en": "Welcome to the new season. Your first purchase earns 40 extra points.",
        "id": "Selamat datang di musim baru. Pembelian pertama Anda mendapat 40 poin tambahan.",
        "es": "Bienvenido a la nueva temporada. Su primera compra gana 40 puntos extra."}),
    MissionKind("spin_to_win", 25, _PLAIN, ("app", "viber"), 30, "Scan once and spin the wheel",
                0.06, {CAMPAIGN: 1.8, SPORADIC: 1.4, STEADY: 0.8, NEVER: 0.5}, {
        "en": "One scan, one spin. Every spin wins at least 5 points.",
        "id": "Satu pindaian, satu putaran. Setiap putaran mendapat minimal 5 poin.",
        "es": "Un escaneo, un giro. Cada giro gana al menos 5 puntos."}),
    MissionKind("rep_visit", 150, (RETAILER, DISTRIBUTOR), ("whatsapp", "sms"), 90,
                "Receive the sales representative", 0.14, {STEADY: 1.3, SPORADIC: 1.4}, {
        "en": "Your sales representative visits you this week with offers for your shop.",
        "id": "Perwakilan kami mengunjungi toko Anda minggu ini dengan penawaran khusus.",
        "es": "Su representante lo visita esta semana con ofertas para su negocio."}),
    MissionKind("milestone", 100, _PLAIN, ("app", "whatsapp", "viber"), 45,
                "Earn 500 points within thirty days", 0.08,
                {STEADY: 1.7, CAMPAIGN: 1.3, PROJECT: 0.9, SPORADIC: 0.5, NEVER: 0.1}, {
        "en": "You are close to your next milestone. Earn 500 points in 30 days and get 100 more.",
        "id": "Target berikutnya sudah dekat. Kumpulkan 500 poin dalam 30 hari, dapatkan 100 lagi.",
        "es": "Está cerca de su próxima meta. Gane 500 puntos en 30 días y reciba 100 más."}),
    MissionKind("fill_rate_streak", 120, (RETAILER, DISTRIBUTOR), ("whatsapp", "app"), 60,
                "Order in each of three fortnights", 0.10,
                {STEADY: 1.9, SPORADIC: 0.9, CAMPAIGN: 0.7, NEVER: 0.1}, {
        "en": "Keep your shelf full. Order every two weeks, three times, and earn 120 points.",
        "id": "Jaga rak tetap penuh. Pesan tiap dua minggu, tiga kali, dan dapatkan 120 poin.",
        "es": "Mantenga su estante lleno. Pida cada dos semanas, tres veces, y gane 120 puntos."}),
)


def effects(world: World, members: Members) -> Floats:
    """The true effect of each mission on each member, shape (members, missions).

    Zero where the persona is not meant; slightly below zero for the one in twelve whom messages
    annoy.
    """
    dice = world.dice("effects")
    table = np.zeros((len(members), len(MISSIONS)))
    for column, kind in enumerate(MISSIONS):
        suits = np.array([kind.suits.get(rhythm, 0.8) for rhythm in range(6)])[members.rhythm]
        spread = np.exp(SPRAWL * dice.standard_normal(len(members)) - SPRAWL**2 / 2)
        meant = np.isin(members.persona, kind.personas)
        table[:, column] = np.where(meant, np.minimum(kind.effect * suits * spread, 0.6), 0.0)
    annoyed = dice.random(len(members)) < 1 / 12
    table[annoyed] = -0.35 * table[annoyed]
    waits = (members.farms < NEVER_LEAVES)[:, None] & (table != 0)
    return np.where(waits, FARMED, table)


@dataclass
class Decisions:
    """The log of offers as columns; ``mission`` is -1 for a held-out member.

    ``delivered``, ``read``, ``opted_out`` and ``responds`` (day, -1 for never) say what came.
    """

    columns: dict[str, npt.NDArray[Any]]

    def __len__(self) -> int:
        return len(self.columns["member"])

    def __getitem__(self, name: str) -> npt.NDArray[Any]:
        return self.columns[name]

    def kept(self, mask: npt.NDArray[np.bool_]) -> Decisions:
        """The log without the rows outside a mask."""
        return Decisions({name: column[mask] for name, column in self.columns.items()})


def joined_decisions(parts: list[dict[str, npt.NDArray[Any]]]) -> Decisions:
    """One log from the parts of each block and week."""
    if not parts:
        return Decisions({name: np.empty(0, dtype=np.int64) for name in _COLUMNS})
    return Decisions({name: np.concatenate([part[name] for part in parts]) for name in _COLUMNS})


_COLUMNS: Final = ("member", "day", "mission", "holdout", "propensity", "delivered", "read",
                   "opted_out", "responds", "annoys")


def draw_offers(
    rows: Ints, day: int, persona: Ints, held_out: npt.NDArray[np.bool_], effect: Floats,
    dice: np.random.Generator,
) -> dict[str, npt.NDArray[Any]]:
    """Offer each member one of his persona's missions at random, or hold him out.

    Parameters
    ----------
    rows, persona, held_out : shape (n,)
        Members, their personas, and whether they belong to the global holdout.
    effect : shape (n, missions)
        Their true effects.

    Returns
    -------
    dict of arrays
        Columns of `Decisions`.
    """
    count = len(rows)
    meant = np.array([np.isin(np.arange(5), kind.personas) for kind in MISSIONS]).T[persona]
    choices = meant.sum(axis=1)
    chosen = np.argmax(np.where(meant, dice.random(meant.shape), -1.0), axis=1)
    kept = dice.random(count) < MISSION_HOLDOUT
    none = held_out | kept
    chance_none = GLOBAL_HOLDOUT + (1 - GLOBAL_HOLDOUT) * MISSION_HOLDOUT
    share = (1 - chance_none) / np.maximum(choices, 1)
    delivered = ~none & (dice.random(count) < DELIVERED)
    strength = effect[np.arange(count), chosen] / DELIVERED
    luck = dice.random(count)
    works = delivered & (luck < strength)
    wait = np.minimum(1 + dice.geometric(0.28, count), HORIZON - 1)
    return {
        "member": rows, "day": np.full(count, day), "mission": np.where(none, -1, chosen),
        "holdout": np.where(held_out, 2, np.where(kept, 1, 0)),
        "propensity": np.where(none, chance_none, share), "delivered": delivered,
        "read": delivered & (works | (dice.random(count) < READ)),
        "opted_out": delivered & (dice.random(count) < OPT_OUT),
        "responds": np.where(works, day + wait, -1), "annoys": delivered & (luck < -strength),
    }
