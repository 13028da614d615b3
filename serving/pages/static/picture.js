"use strict";
// Draws every [data-picture] with plotly in the colours of the theme. Plotly is large: it is
// fetched when a picture comes near, and a page without one never asks for it.

(() => {
  const source = document.currentScript.dataset.plotly;
  const SERIES = ["--accent", "--series-2", "--series-3", "--series-4", "--series-5", "--series-6"];
  const LAYOUT_KEYS = ["xaxis", "yaxis", "xaxis2", "yaxis2"];
  const LANGUAGE = document.documentElement.lang;
  const CONFIG = {
    displayModeBar: false, responsive: true, locale: LANGUAGE,
    locales: { [LANGUAGE]: { dictionary: {}, format: tongue(LANGUAGE) } },
  };
  let loading = null;

  const probe = document.createElement("i");
  probe.hidden = true;
  document.body.append(probe);

  function colour(name) {
    probe.style.color = `var(${name})`;
    return getComputedStyle(probe).color;
  }

  // Days, months and numbers of the axes, as the page's language writes them.
  function tongue(language) {
    const named = (count, options, at) => Array.from({ length: count }, (_, i) =>
      new Intl.DateTimeFormat(language, { ...options, timeZone: "UTC" }).format(at(i)));
    const day = (i) => Date.UTC(2023, 0, 1 + i); // a Sunday
    const month = (i) => Date.UTC(2023, i, 1);
    const parts = new Intl.NumberFormat(language).formatToParts(12345.6);
    const sign = (kind) => parts.find((part) => part.type === kind).value;
    return {
      days: named(7, { weekday: "long" }, day), shortDays: named(7, { weekday: "short" }, day),
      months: named(12, { month: "long" }, month), shortMonths: named(12, { month: "short" }, month),
      decimal: sign("decimal"), thousands: sign("group"), grouping: [3], periods: ["", ""],
      date: "%-d %b %Y", dateTime: "%-d %b %Y, %H:%M", time: "%H:%M",
      year: "%Y", month: "%b %Y", dayMonth: "%-d %b", dayMonthYear: "%-d %b %Y",
    };
  }

  function plotly() {
    loading ??= new Promise((done, failed) => {
      const script = document.createElement("script");
      script.src = source;
      script.onload = () => done(window.Plotly);
      script.onerror = failed;
      document.head.append(script);
    });
    return loading;
  }

  function axis(own) {
    const usual = {
      gridcolor: colour("--line"), linecolor: colour("--line"), zerolinecolor: colour("--line"),
      automargin: true, fixedrange: true, ticks: "", title: {},
    };
    const asked = typeof own.title === "string" ? { ...own, title: { text: own.title } } : own;
    return { ...usual, ...asked, tickfont: { color: colour("--quiet"), size: 12 } };
  }

  function dressed(spec) {
    const data = spec.data.map((trace, at) => {
      const tone = trace.tone ? colour(`--${trace.tone}`) : colour(SERIES[at % SERIES.length]);
      const { tone: _, ...own } = trace;
      return {
        ...own,
        marker: { color: tone, ...own.marker },
        line: own.type === "bar" ? undefined : { color: tone, width: 2, ...own.line },
      };
    });
    const layout = {
      margin: { l: 8, r: 8, t: 8, b: 8 }, showlegend: data.length > 1, hovermode: "closest",
      bargap: 0.3, dragmode: false, xaxis: {}, yaxis: {}, ...spec.layout,
      legend: {
        orientation: "h", x: 0, xanchor: "left", y: 1.01, yanchor: "bottom",
        font: { color: colour("--quiet") },
      },
      paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
      font: { family: getComputedStyle(document.body).fontFamily, size: 13, color: colour("--ink") },
      hoverlabel: {
        bgcolor: colour("--raised"), bordercolor: colour("--line"), font: { color: colour("--ink") },
      },
    };
    for (const key of LAYOUT_KEYS) {
      if (layout[key]) layout[key] = axis(layout[key]);
    }
    return { data, layout };
  }

  // The legend stands outside of the plot, whose height is not shared with it.
  function makeRoom(Plotly, canvas) {
    const legend = canvas.querySelector(".legend")?.getBoundingClientRect().height ?? 0;
    canvas.style.height = `${canvas.clientHeight + legend}px`;
    return Plotly.Plots.resize(canvas);
  }

  async function draw(figure) {
    const spec = JSON.parse(figure.querySelector("script[type='application/json']").textContent);
    const { data, layout } = dressed(spec);
    const canvas = figure.querySelector(".canvas");
    try {
      const Plotly = await plotly();
      canvas.style.height = "";
      await Plotly.react(canvas, data, layout, CONFIG);
      await makeRoom(Plotly, canvas);
      figure.classList.add("drawn");
    } catch {
      figure.classList.add("failed");
    }
  }

  const near = new IntersectionObserver((seen) => {
    for (const one of seen) {
      if (one.isIntersecting) {
        near.unobserve(one.target);
        draw(one.target);
      }
    }
  }, { rootMargin: "200px" });

  const look = (root) => {
    for (const figure of root.querySelectorAll("[data-picture]:not(.drawn)")) near.observe(figure);
  };
  look(document);
  document.addEventListener("htmx:afterSettle", (event) => look(event.target));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    for (const figure of document.querySelectorAll("[data-picture].drawn")) draw(figure);
  });
})();
