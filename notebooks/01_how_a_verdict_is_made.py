# ---
# jupyter:
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %% [markdown]
# # How a verdict is made
#
# A farmer scans a code; the points should be on his account before he has put the phone away.
# Between the two stands one question: is this scan honest? We follow a small simulated program
# from its export to one held scan, read the numbers the verdict stood on, check its reasons
# against the shap library, and only then look up what really happened. At the end we turn from
# those who take too much to those who quietly leave. Everything happens in a temporary folder,
# in less than a minute.

# %%
import json
import tempfile
import warnings
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.dates import ConciseDateFormatter
from matplotlib.text import Text

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # its dependencies warn on import
    import shap

from features.catalog import CATALOG
from features.contract import EVENT_KINDS
from features.members.known import History
from features.members.rhythm import member_frame
from features.store.home import Home
from features.store.ingest import ingest
from models import champion
from models.calibration import logistic
from models.families import family
from serving.champion import load_champion
from serving.explain import explain
from serving.replay import replay
from training.cut import cut
from training.evaluate import against_truth
from training.settings import read_settings
from training.simulate import simulate
from training.train import build

INK, QUIET, GREEN, OCHRE, RED, BLUE = (
    "#22302e", "#c3c9c7", "#0f6e63", "#b36b2c", "#b3382c", "#5b6ea8")
DAY_MS = 86_400_000
LIVE_DAYS = 30

plt.rcParams.update({
    "figure.dpi": 110, "figure.constrained_layout.use": True, "font.size": 9,
    "axes.spines.top": False, "axes.spines.right": False, "axes.titlelocation": "left",
    "axes.titleweight": "bold", "axes.titlesize": 11, "axes.edgecolor": "#8a918f",
    "axes.labelcolor": INK, "text.color": INK, "xtick.color": INK, "ytick.color": INK,
    "legend.frameon": False,
})
pd.set_option("display.max_colwidth", 100, "display.float_format", "{:,.3f}".format)

scratch = tempfile.TemporaryDirectory(prefix="jaga-")
root = Path(scratch.name)

# %% [markdown]
# ## A program, and the moment we stand at
#
# Four hundred members, two hundred days, five personas, seasons, and fraud beside things that
# only look like fraud. The export is cut thirty days before its end. What was known before the
# cut is history, to learn from; what follows arrives one event at a time, as in real life.

# %%
simulated = simulate(root / "whole", members=400, days=200, seed=5, story="farmers")
last = pd.read_parquet(root / "whole" / "scans.parquet", columns=["occurred_at"]).max().iloc[0]
moment = round(last.timestamp() * 1000) - LIVE_DAYS * DAY_MS
cut(root / "whole", moment, root / "past", root / "live")

home = Home(root / "home")
taken = ingest(home, root / "past")
journal = home.journal()
pd.DataFrame(taken.as_dict()["tables"]).T

# %% [markdown]
# ## What may be learnt, and when
#
# Labels come late: a case is found, opened, argued about and closed. So the past is cut in order
# of time. Trees are fitted on the first slice, turned into honest chances on the next, and the
# limits that hold an event are set on a third. The last slice before the moment teaches nothing:
# most of its events nobody has had time to question. `jaga train` does the same, and also
# compares baselines and writes the model card.

# %%
built = build(journal, journal.as_of_ms, read_settings(), seed=0)
bundles = home.bundles(journal.program.program_id)
champion.promote(bundles, built.bundle.save(bundles).name)
bundle = load_champion(home, journal)
built.fitted.sentences

# %%
cuts, labels = built.known.cut, built.known.labels
slices = {"fit": GREEN, "calibration": BLUE, "thresholds": OCHRE, "kept_out": QUIET}
replayed_from = pd.Timestamp(journal.as_of_ms, unit="ms")
day = pd.to_datetime(built.known.past.ms, unit="ms").floor("D")
week = day - pd.to_timedelta((day - day.min()).days % 7, unit="D")


def _width(weeks: pd.DatetimeIndex) -> np.ndarray:
    """Nearly a week, and less where the moment cuts it short."""
    return np.minimum((replayed_from - weeks) / pd.Timedelta(days=1), 6.2)


figure, (above, below) = plt.subplots(
    2, 1, figsize=(8, 4.4), sharex=True, height_ratios=(3, 2))
for name, colour in slices.items():
    mine = week[getattr(cuts, name).holds(built.known.past.ms)].value_counts()
    base = sum((week[getattr(cuts, other).holds(built.known.past.ms)].value_counts()
                .reindex(mine.index, fill_value=0)
                for other in list(slices)[:list(slices).index(name)]), start=0 * mine)
    above.bar(mine.index, mine, _width(mine.index), bottom=base, color=colour, align="edge",
              label=name.replace("kept_out", "teaches nothing yet"))
decided = pd.DataFrame({"week": week, "fraud": labels.target == 1})[labels.labelled]
counts = decided.groupby(["week", "fraud"]).size().unstack(fill_value=0)
below.bar(counts.index, counts[True], _width(counts.index), color=RED, align="edge",
          label="found fraud")
below.bar(counts.index, counts[False], _width(counts.index), bottom=counts[True], color=QUIET,
          align="edge", label="found honest")
for axes, what in ((above, "events a week"), (below, "labels a week")):
    axes.axvline(replayed_from, color=INK, linewidth=1)
    axes.set_ylabel(what)
    axes.legend(ncols=4, fontsize=8, loc="lower left", bbox_to_anchor=(0, 0.98),
                handlelength=1, columnspacing=1.2, borderaxespad=0)
above.set_title("A few labels speak for thousands of events", pad=20)
below.xaxis.set_major_formatter(ConciseDateFormatter(below.xaxis.get_major_locator()))
_ = below.annotate("we stand here", (replayed_from, below.get_ylim()[1] * 0.9), (-5, 0),
                   textcoords="offset points", ha="right", va="top", fontsize=8)

# %% [markdown]
# ## Thirty days of live events
#
# Each event now goes through the same engine that serves `POST /v1/verdicts`: observed at its
# place in the order of the program, scored, held against the policy, answered and stored. Two
# numbers are asked. The *score* is the chance of fraud, learnt from confirmed cases. The
# *anomaly* says how rare the event is among comparable ones; it needs no labels. Apart from
# both, a fact can be missing, such as a code whose delivery note has not arrived yet.
#
# In so young a program no score comes near zero: the labels it was calibrated on are few, and they
# are events that somebody chose to look at, richer in fraud than the stream. The order of the
# scores can be trusted sooner than their height.

# %%
report = replay(home, root / "live", root / "verdicts.parquet")
verdicts = pd.read_parquet(root / "verdicts.parquet")
report.verdicts


# %%
def ground(reasons: str) -> str:
    """What a hold rests on: a fact or a cap, or behaviour."""
    firm = ("proof.", "fact.", "cap.")
    return "fact" if any(r["code"].startswith(firm) for r in json.loads(reasons)) else "behaviour"


verdicts["ground"] = verdicts["reasons"].map(ground).where(verdicts["verdict"] != "approve", "")
scans = verdicts[verdicts["kind"] == "scan"]
by_score = scans[(scans["ground"] == "behaviour")
                 & (scans["score"] >= bundle.thresholds.score.get("scan", 1.0))]
chosen = by_score.sort_values(["score", "event_id"]).iloc[-1]

figure, axes = plt.subplots(figsize=(8, 4.6))
styles = {"": (QUIET, 9, "approved"), "fact": (OCHRE, 24, "a fact is missing"),
          "behaviour": (RED, 30, "behaviour")}
for name, (colour, size, text) in styles.items():
    part = scans[scans["ground"] == name]
    axes.scatter(1 / (1 - part["anomaly"].clip(upper=0.9999)), part["score"], s=size, c=colour,
                 linewidths=0, alpha=0.85, label=f"{text} ({len(part):,})")
axes.scatter(1 / (1 - min(chosen["anomaly"], 0.9999)), chosen["score"], s=150,
             facecolors="none", edgecolors=INK, linewidths=1.2)
axes.annotate("the scan we follow", (1 / (1 - min(chosen["anomaly"], 0.9999)), chosen["score"]),
              (12, 3), textcoords="offset points", fontsize=9)
if "scan" in bundle.thresholds.anomaly:
    axes.axvline(1 / (1 - min(bundle.thresholds.anomaly["scan"], 0.9999)), color=INK,
                 linewidth=0.8, linestyle=":")
axes.axhline(bundle.thresholds.score["scan"], color=INK, linewidth=0.8, linestyle=":")
axes.annotate("held from here on by its score", (1, bundle.thresholds.score["scan"]), (0, 4),
              xycoords=("axes fraction", "data"), textcoords="offset points", ha="right",
              fontsize=8)
axes.set(xscale="log", xlim=(0.95, None), ylim=(0, 1.15 * scans["score"].max()),
         ylabel="score: chance of fraud",
         xlabel="anomaly: as rare as one in ... comparable events")
axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
axes.yaxis.set_major_formatter(lambda value, _: f"{100 * value:.0f} %")
axes.set_title("Most scans are neither rare nor suspicious", pad=20)
_ = axes.legend(ncols=3, fontsize=8, loc="lower left", bbox_to_anchor=(0, 0.98),
                handletextpad=0.2, borderaxespad=0)

# %% [markdown]
# ## One held scan
#
# We take the scan with the highest score among those held for behaviour alone. This is its
# verdict as it was answered and stored. Behaviour never declines: the points wait, a date says
# until when, and the partner is told so without being told why.

# %%
verdict = json.loads(journal.verdict(chosen["event_id"]))
{name: value for name, value in verdict.items() if name != "reasons"}

# %% [markdown]
# The journal, the bundle and the policy are enough to derive the same bytes again, at any time.
# That is what `jaga explain` does.

# %%
explain(home, chosen["event_id"]).equal

# %% [markdown]
# The verdict was reached on one row of numbers, stored beside it. Every number was declared once,
# with a meaning that a reviewer can read. Here are the twelve that moved this score most, beside
# what is usual for such an event. An unknown value is left unknown, never filled in.

# %%
vector = np.frombuffer(journal.verdict_row(chosen["event_id"])["vector"], dtype=np.float64)
served = bundle.fraud.contributions_row(vector)
kind = tuple(EVENT_KINDS).index(chosen["kind"])
persona = int(np.nan_to_num(vector[CATALOG.names.index("member_persona")], nan=-1))
row = pd.DataFrame({
    "meaning": [CATALOG.meanings[name] for name in bundle.fraud.names],
    "value": vector[[CATALOG.names.index(name) for name in bundle.fraud.names]],
    "usual": [bundle.anomaly.usual(name, kind, persona) for name in bundle.fraud.names],
    "family": [family(name, CATALOG.families) for name in bundle.fraud.names],
    "log_odds": served[:-1],
}, index=bundle.fraud.names)
row.reindex(row["log_odds"].abs().sort_values(ascending=False).index).head(12)

# %% [markdown]
# ## Why: the reasons, and a second opinion
#
# Single columns swap places from one training to the next; families of evidence stay. So the
# service adds up the contributions of each family and says one sentence about its strongest
# feature.

# %%
reasons = pd.DataFrame(verdict["reasons"])
reasons[["text", "contribution"]]

# %% [markdown]
# The service walks the trees itself, because it has a millisecond. The shap library has its own
# code for the same walk, slower and independent: a good witness. It explains the raw margin of
# the trees; calibration stretches that margin into honest log-odds and stretches each part alike.
# Both must agree to the last digits, and all parts must add up to the score. Beside the features
# the trees read how rare the scan's signs are, all taken together; what that adds is told by the
# strongest sign. The picture reads from below: each family moves the scan to the right, towards
# fraud, or back.

# %%
explainer = shap.TreeExplainer(bundle.fraud.booster)
explainer.model.model_type = "internal"  # else shap asks LightGBM, and is no witness of its own
inputs, surprises = bundle.fraud.inputs(row["value"].to_numpy()[None, :])
witness = explainer(inputs)
margin = np.append(witness.values[0], np.ravel(witness.base_values)[0])
parts = bundle.fraud.calibration.shares(bundle.fraud.told(margin[None, :], surprises))[0]
by_family = pd.Series(parts[:-1], row.index).groupby(row["family"]).sum()

assert np.allclose(parts, served, atol=1e-6)
assert np.isclose(logistic(parts.sum()), verdict["score"], atol=1e-6)
told = reasons["contribution"].dropna()
assert all(np.isclose(by_family, share, atol=1e-6).any() for share in told)
float(np.abs(parts - served).max())

# %%
figure = plt.figure(layout="none")
names = [bundle.texts.text(f"reason.{name}", "en") for name in by_family.index]
shap.plots.waterfall(
    shap.Explanation(by_family.to_numpy(), base_values=parts[-1], feature_names=names),
    max_display=9, show=False)
figure.set_size_inches(8, 4.6)
axes = figure.axes[0]
axes.set_xlabel("log-odds of fraud", fontsize=9)
axes.tick_params(labelsize=9)
for text in figure.findobj(Text):
    text.set_fontsize(min(text.get_fontsize(), 9.5))
axes.set_yticklabels([label.get_text().replace("other features", "other families")
                      for label in axes.get_yticklabels()])
axes.set_title(f"From {logistic(parts[-1]):.0%} before anything is known to "
               f"{verdict['score']:.0%} for this scan", pad=26, fontsize=11)
figure.tight_layout()

# %% [markdown]
# ## Was it right?
#
# A simulation keeps its truth sealed; only evaluation may open it. First for the scan we followed,
# then for all thirty days. This world is small: some dozens of known frauds teach little, and much
# is missed. Honest people are held too; that is the price of holding, and the reason why a hold
# always ends by itself. The seed was picked for its story, too: of six such worlds we looked at, it
# was the only one in which a scan held for review proved to be fraud. Figures worth quoting come
# from larger programs (see the README), and `docs/figures.md` says how to read them.

# %%
against_truth(verdicts[verdicts["event_id"] == chosen["event_id"]], root / "whole")["patterns"]

# %%
truth = against_truth(verdicts, root / "whole")
pd.DataFrame({name: truth[name] for name in ("earning", "redemption")}).astype("object")

# %%
behaviour = verdicts[verdicts["ground"] == "behaviour"]
found = against_truth(behaviour, root / "whole")
{"held for behaviour": len(behaviour),
 "fraud among them": sum(found[kind]["fraud_events"] for kind in ("earning", "redemption"))}

# %% [markdown]
# ## Who is slipping, and why
#
# Fraud is loud. Partners leave quietly, and nobody writes that they are gone. Silence alone says
# little: ten silent days are a long time for one member and a normal gap for the next, and in the
# off season they are nothing. So each member is measured against the own rhythm, drawn towards
# the typical one while there are few days to go by.

# %%
known = History.read(journal, journal.as_of_ms).known(journal.as_of_ms)
members = member_frame(known)
answers = bundle.inactivity.predict(members, bundle.texts, "en")
answers["state"].value_counts()

# %%
started = members.index[members["last_day"].notna() & members["days_since_last"].notna()]
usual = members.loc[started, "cadence"].clip(lower=1)
silence = (members["today"] - members["last_day"])[started].clip(lower=0.7)
state = answers.loc[started, "state"]
shares = bundle.inactivity.shares(members.loc[state.index[state == "slipping"]])
why = shares.drop(columns="base").mean().sort_values()

figure, (left, right) = plt.subplots(1, 2, figsize=(9.4, 4.4), width_ratios=(3, 2))
EVIDENCE = {
    "silence": "length of the silence", "rhythm": "broken rhythm", "volume": "active days",
    "value": "points earned", "rewards": "rewards", "season": "season, campaign, peers",
    "reach": "tenure and reach"}
shown = {"active": (QUIET, "o"), "off_season": (BLUE, "s"), "slipping": (OCHRE, "o"),
         "lapsed": (RED, "o")}
for name, (colour, marker) in shown.items():
    mine = state == name
    left.scatter(usual[mine], silence[mine], s=16, c=colour, marker=marker, linewidths=0,
                 alpha=0.85, label=f"{name.replace('_', ' ')} ({int(mine.sum())})")
ends = np.array([1, usual.max() * 1.15])
left.plot(ends, ends, color=INK, linewidth=0.8)
left.annotate("silent as long as usual", (usual.max() * 0.6,) * 2, (0.99, 0.4), ha="right",
              textcoords="axes fraction", fontsize=8,
              arrowprops={"arrowstyle": "-", "color": INK, "linewidth": 0.6})
left.set(xscale="log", yscale="log", xlabel="own usual gap, days", ylabel="silent for, days")
for axis in (left.xaxis, left.yaxis):
    axis.set_major_formatter(lambda value, _: f"{value:g}")
left.set_title("Silence against one's own rhythm", pad=20)
left.legend(ncols=4, fontsize=8, loc="lower left", bbox_to_anchor=(0, 0.98), handletextpad=0,
            columnspacing=0.8, borderaxespad=0)
right.barh(why.index.map(EVIDENCE), why, height=0.65,
           color=[OCHRE if value > 0 else QUIET for value in why])
right.axvline(0, color=INK, linewidth=0.8)
right.set_xlabel("mean contribution to silence, log-odds")
right.set_title("What makes them slip", pad=20)
right.spines["left"].set_visible(False)
right.tick_params(axis="y", length=0)

# %% [markdown]
# Behind each dot is a life in ticks. Below, each tick is a day with activity and each bar is the
# silence since. The sentence is what the service says of that member; the last row shows one
# whose silence is only the season.

# %%
WINDOW = 170
today = int(members["today"].iloc[0])
rhythmic = members.index[members["repeat_days"] >= 5]
slipping = answers.loc[(answers["state"] == "slipping") & answers.index.isin(rhythmic)]
slipping = slipping.sort_values("p_inactive", ascending=False)
lead = slipping["reasons"].map(lambda told: told[0].code if told else "")
picked = slipping.groupby(lead).head(2).head(7)
resting = answers[(answers["state"] == "off_season") & answers.index.isin(rhythmic)]
busiest = members.loc[resting.index, "active_days_180"].nlargest(1).index
picked = pd.concat([picked, resting.loc[busiest]])

figure, axes = plt.subplots(figsize=(9.4, 0.52 * len(picked) + 1))
for height, (member, answer) in zip(range(len(picked), 0, -1), picked.iterrows(), strict=True):
    ago = known.days.loc[known.days["member"] == member, "day"].to_numpy() - today
    colour = BLUE if answer["state"] == "off_season" else OCHRE
    axes.barh(height, ago.max(), height=0.62, color=colour, alpha=0.25, linewidth=0)
    axes.vlines(ago[ago >= -WINDOW], height - 0.31, height + 0.31, color=INK, linewidth=1.1)
    told = answer["reasons"]
    words = told[0].text if told else "Off season: to be expected, no risk."
    axes.text(4, height, f"{answer['p_inactive']:.0%}", va="center", fontsize=9,
              fontweight="bold", color=colour)
    axes.text(19, height, words, va="center", fontsize=8)
axes.set(xlim=(-WINDOW, 0), yticks=[], xlabel="days before today")
axes.spines["left"].set_visible(False)
axes.set_title("Each with a rhythm, and the chance of further silence")
_ = axes.set_xticks(range(-150, 1, 30), [str(-value) for value in range(-150, 1, 30)])

# %% [markdown]
# What to do about it is the next question: `jaga suggest` names a mission for each of them, what
# it costs, and whether its effect was measured or is only assumed so far.

# %%
home.close()
scratch.cleanup()
