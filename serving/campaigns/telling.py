"""Results in sentences that a marketer reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from models.experiments.sequential import ARM

if TYPE_CHECKING:
    from models.texts import Texts
    from serving.campaigns.standing import StopRule

Json = dict[str, Any]


def told(body: Json, texts: Texts, language: str) -> list[str]:
    """Sentences of a result: the verdict first, then days on, cost, and who opted out.

    Parameters
    ----------
    body : dict
        As `serving.campaigns.results.results` gives it.
    texts : Texts
    language : str
    """
    say = _Say(texts, language)
    lines = [say.verdict(body)]
    if body["verdict"] == "nothing":
        return lines
    if body["verdict"] != "cannot_tell":
        lines += [say.still(one) for one in body["still_active"] if one["effect"] is not None]
    lines.append(say.cost(body))
    if body["opted_out"]["sent"]:
        lines.append(say("opted_out", gone=body["opted_out"]["partners"],
                         sent=body["opted_out"]["sent"]))
    return lines


def told_stop(code: str, rule: StopRule, texts: Texts, language: str) -> str:
    """Sentence of a rule that a campaign broke.

    >>> from models.texts import Texts
    >>> from serving.campaigns.standing import StopRule
    >>> told_stop("effect", StopRule(), Texts.read(), "en")
    'Stopped by its own rule: the effect is surely below 0%.'
    """
    say = _Say(texts, language)
    if code == "spent":
        return say("stop.spent", limit=rule.spent_points)
    shares = {"opt_outs": rule.opt_out_share, "effect": rule.effect_below}
    limit = {"limit": say.share(shares[code] or 0.0)} if code in shares else {}
    return say(f"stop.{code}", **limit)


class _Say:
    """Says codes of the catalogue in one language."""

    def __init__(self, texts: Texts, language: str) -> None:
        self._texts = texts
        self._language = language

    def __call__(self, code: str, **params: Any) -> str:
        return self._texts.text(f"campaign.{code}", self._language, **params)

    def share(self, value: float) -> str:
        return self._texts.write(value, self._language, "share")

    def verdict(self, body: Json) -> str:
        """Say what may be said of the effect."""
        main, ratio = body["won_back"], body["sample_ratio"]
        if body["verdict"] == "nothing":
            return self("nothing")
        if body["verdict"] == "too_early":
            return self("too_early", over=main["over"], all=main["decided"], days=main["days"])
        if not ratio["as_drawn"]:
            return self("ratio", came=ratio["control"], all=ratio["counted"],
                        wanted=round(ratio["expected"]))
        if body["verdict"] == "cannot_tell":
            return self("few", offered=main["offered"], control=main["control"],
                        days=main["days"], needed=ARM)
        return self._measured(main)

    def _measured(self, main: Json) -> str:
        partners = {name: round(value) for name, value in main["partners"].items()}
        shares = {"share": self.share(main["share_offered"]),
                  "control": self.share(main["share_control"]), "days": main["days"]}
        if partners["low"] > 0:
            return self("won", back=partners["value"], low=partners["low"],
                        high=partners["high"], **shares)
        if partners["high"] < 0:
            return self("harm", back=-partners["value"], low=-partners["high"],
                        high=-partners["low"], **shares)
        return self("open", low=partners["low"], high=partners["high"], **shares)

    def still(self, one: Json) -> str:
        """Say how many are active so many days on."""
        return self("still", days=one["days"], share=self.share(one["share_offered"]),
                    offered=one["offered"], control=self.share(one["share_control"]),
                    held=one["control"])

    def cost(self, body: Json) -> str:
        """Say what was spent, and for each partner where that is measured."""
        cost, each = body["cost"], body["won_back"]["points_per_partner"]
        params = {"points": cost["points"], "money": cost["money"], "currency": cost["currency"],
                  "sent": body["opted_out"]["sent"]}
        effect = body["won_back"]["effect"]
        if effect is None or effect["low"] is None or effect["low"] <= 0 or each is None:
            return self("cost_alone", **params)
        return self("cost", each=round(each), **params)
