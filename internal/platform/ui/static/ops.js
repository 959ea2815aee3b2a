// The page about the service level: its charts, and how it is told what is new.
// Without this file it shows one chart, and fetches itself anew.
(() => {
  "use strict";
  const level = () => document.getElementById("level");
  if (!level()) return;

  // ---- charts -------------------------------------------------------------

  // Each has its series: the name in the data, the words, and a colour of 5-detail.css.
  const charts = [
    { title: "How long answers took", unit: "ms", series: [["p50", "Half", "main"], ["p95", "95 of 100", "second"], ["p99", "99 of 100", "third"]] },
    { title: "Requests", series: [["requests", "All", "main"], ["failures", "Failed", "bad"]] },
    { title: "How long the database took to answer", unit: "ms", series: [["latency", "On average", "main"], ["latencyMax", "At most", "third"]] },
    { title: "Connections", series: [["connections", "PostgreSQL", "second"], ["pool", "The program uses", "main"], ["poolMost", "The program may use", "third"]] },
    { title: "Jobs that wait, requests turned away", series: [["queue", "Jobs", "main"], ["refused", "Turned away", "bad"]] },
    { title: "PgBouncer: clients and servers", series: [["bouncerServers", "Servers at work", "main"], ["bouncerIdle", "Servers idle", "third"], ["bouncerActive", "Clients active", "second"], ["bouncerWaiting", "Clients waiting", "bad"]] },
    { title: "How long the first client of PgBouncer waited", unit: "ms", series: [["bouncerWait", "At most", "bad"]] },
  ];

  const box = document.createElement("div"); // stays while what is around it is exchanged
  box.className = "sk-plots";
  let data; // that was drawn last
  let plots = [];
  // Without a PgBouncer the data has nothing of one.
  const drawn = () => charts.filter((chart) => data[chart.series[0][0]]);

  // colour is what a class has as its colour, which a canvas can't look up by itself.
  function colour(name) {
    const probe = document.createElement("span");
    probe.className = "sk-plot-" + name;
    document.body.append(probe);
    const found = getComputedStyle(probe).color;
    probe.remove();
    return found;
  }

  function figure(v, unit) {
    if (v == null) return "–";
    if (unit !== "ms") return v.toLocaleString("en-US", { maximumFractionDigits: 1 });
    if (v >= 1000) return (v / 1000).toFixed(2) + " s";
    return (v < 10 ? v.toFixed(1) : v.toFixed(0)) + " ms";
  }

  // bands are behind the lines: grey where nobody measured, red where an incident went on.
  function bands(u) {
    const paint = (list, name) => {
      u.ctx.fillStyle = colour(name);
      for (const b of list) {
        const left = Math.max(u.valToPos(b.from, "x", true), u.bbox.left);
        const right = Math.min(u.valToPos(b.to, "x", true), u.bbox.left + u.bbox.width);
        if (right > left) u.ctx.fillRect(left, u.bbox.top, right - left, u.bbox.height);
      }
    };
    u.ctx.save();
    paint(data.gaps, "gap");
    paint(data.incidents, "incident");
    u.ctx.restore();
  }

  // marks are where another version began to run, with its name at the top.
  function marks(u) {
    const c = u.ctx;
    c.save();
    c.strokeStyle = c.fillStyle = colour("mark");
    c.lineWidth = devicePixelRatio;
    c.font = 11 * devicePixelRatio + "px system-ui, sans-serif";
    c.textBaseline = "top";
    c.textAlign = "left";
    c.setLineDash([4 * devicePixelRatio, 3 * devicePixelRatio]);
    let free = u.bbox.left; // so that no name is written over another
    for (const m of data.marks) {
      const x = u.valToPos(m.at, "x", true);
      if (x < u.bbox.left || x > u.bbox.left + u.bbox.width) continue;
      c.beginPath();
      c.moveTo(x, u.bbox.top);
      c.lineTo(x, u.bbox.top + u.bbox.height);
      c.stroke();
      const width = c.measureText(m.words).width + 6 * devicePixelRatio;
      const left = x + width > u.bbox.left + u.bbox.width ? x - width : x + 3 * devicePixelRatio;
      if (left >= free) {
        c.fillText(m.words, left, u.bbox.top + 2 * devicePixelRatio);
        free = left + width;
      }
    }
    c.restore();
  }

  function options(chart, width) {
    const words = colour("words");
    const line = { stroke: words, grid: { stroke: colour("line"), width: 1 }, ticks: { stroke: colour("line"), width: 1 }, font: "12px system-ui, sans-serif" };
    return {
      width, height: 180,
      tzDate: (at) => uPlot.tzDate(new Date(at * 1000), data.zone),
      cursor: { drag: { x: false, y: false }, sync: { key: "level" } },
      scales: {
        x: { range: () => [data.at[0], data.at[data.at.length - 1] + data.step] },
        y: { range: (u, min, max) => [0, max > 0 ? max * 1.15 : 1] },
      },
      axes: [line, { ...line, size: 64, values: (u, list) => list.map((v) => figure(v, chart.unit)) }],
      series: [
        { label: "From", value: "{YYYY}-{MM}-{DD} {HH}:{mm}" },
        ...chart.series.map(([, label, name]) => ({ label, stroke: colour(name), width: name === "main" ? 2 : 1, value: (u, v) => figure(v, chart.unit) })),
      ],
      hooks: { drawClear: [bands], draw: [marks] },
    };
  }

  const columns = (chart) => [data.at, ...chart.series.map(([name]) => data[name])];

  function build() {
    for (const p of plots) p.destroy();
    box.replaceChildren();
    plots = drawn().map((chart) => {
      const at = document.createElement("figure");
      const title = document.createElement("figcaption");
      title.textContent = chart.title;
      at.append(title);
      box.append(at);
      return new uPlot(options(chart, Math.max(200, at.clientWidth)), columns(chart), at);
    });
  }

  function draw(fresh) {
    data = fresh;
    place();
    const now = drawn();
    if (plots.length !== now.length) build();
    else plots.forEach((p, i) => p.setData(columns(now[i])));
  }

  // place puts the charts where the page has one of its own.
  function place() {
    const holder = document.querySelector("[data-charts]");
    if (data && holder && box.parentNode !== holder) holder.replaceChildren(box);
  }

  async function fetchSeries() {
    const at = document.querySelector("[data-charts]")?.dataset.charts;
    if (!at || !window.uPlot) return;
    try {
      const answer = await fetch(at, { headers: { Accept: "application/json" } });
      if (answer.ok) draw(await answer.json());
    } catch {
      // there is no connection: what stands there stays
    }
  }

  let width = 0;
  new ResizeObserver(() => {
    if (box.clientWidth === width) return;
    width = box.clientWidth;
    for (const p of plots) p.setSize({ width: Math.max(200, p.root.parentNode.clientWidth), height: 180 });
  }).observe(box);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => data && build());

  // ---- what is new --------------------------------------------------------

  let stream;
  let waiting; // what came while somebody was at a link or a heading of what it replaces

  const busy = () => {
    const selected = getSelection();
    return level().contains(document.activeElement) || (!selected.isCollapsed && level().contains(selected.anchorNode));
  };

  function show(html) {
    if (busy()) {
      waiting = html;
      return;
    }
    waiting = undefined;
    const holder = document.createElement("template");
    holder.innerHTML = html;
    const open = [...level().querySelectorAll("details")].map((d) => d.open);
    level().replaceChildren(...holder.content.getElementById("level").childNodes);
    level().querySelectorAll("details").forEach((d, i) => (d.open = !!open[i]));
    place();
  }
  document.addEventListener("focusout", () => setTimeout(() => waiting && show(waiting)));

  function listen() {
    const at = level().dataset.events;
    if (!window.EventSource || !at || stream || document.hidden) return;
    const mine = (stream = new EventSource(at));
    mine.addEventListener("level", (e) => show(e.data));
    mine.addEventListener("series", (e) => window.uPlot && draw(JSON.parse(e.data)));
    mine.addEventListener("error", () => {
      if (mine.readyState === EventSource.CLOSED && stream === mine) stream = undefined; // refused: from here on the page asks by itself
    });
  }
  // Nobody looks at a page that is hidden.
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) return listen();
    stream?.close();
    stream = undefined;
  });
  // The page need not ask for what it is told.
  document.addEventListener("htmx:before:request", (e) => {
    if (e.target === level() && stream?.readyState === EventSource.OPEN) e.preventDefault();
  });
  document.addEventListener("htmx:after:swap", () => {
    place();
    fetchSeries();
  });

  fetchSeries();
  listen();
})();
