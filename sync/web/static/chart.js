// An item's stock and price over time, with our own moves of its stock marked.
"use strict";

const HIGH = 240;
const ROOM = 34;

for (const figure of document.querySelectorAll("figure[data-series]")) {
  fetch(figure.dataset.series).then((answer) => answer.json()).then((series) => draw(figure, series)).catch(() => {});
}

function draw(figure, series) {
  if (!series.at.length) return;
  figure.hidden = false;
  const tone = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const now = Math.max(Date.now() / 1000, series.at[series.at.length - 1]);
  const held = (values) => [...values, values[values.length - 1]];
  const stepped = uPlot.paths.stepped({ align: 1 });
  const language = document.documentElement.lang;
  const day = (at) => new Date(at * 1000).toLocaleDateString(language, { month: "short", day: "numeric" });
  const axis = { stroke: tone("--faint"), grid: { stroke: tone("--line"), width: 1 }, ticks: { show: false } };
  const chart = new uPlot({
    width: figure.clientWidth,
    height: HIGH,
    scales: { stock: { range: (_, __, most) => [0, Math.max(1, most * 1.1)] }, price: { range: (_, __, most) => [0, Math.max(1, most * 1.1)] } },
    axes: [{ ...axis, values: (_, moments) => moments.map(day), space: 64 }, { ...axis, scale: "stock" }, { ...axis, scale: "price", side: 1, grid: { show: false } }],
    series: [
      { label: figure.dataset.time, value: (_, at) => (at == null ? "" : new Date(at * 1000).toLocaleString(language)) },
      { label: figure.dataset.stock, scale: "stock", stroke: tone("--blue"), width: 2, points: { show: false }, fill: tone("--accent-soft"), paths: stepped },
      { label: figure.dataset.price, scale: "price", stroke: tone("--orange"), width: 1.5, dash: [6, 4], points: { show: false }, paths: stepped },
    ],
    hooks: { draw: [(drawn) => mark(drawn, series.moves, tone("--green"))] },
  }, [[...series.at, now], held(series.stock), held(series.price)], figure);
  const words = document.createElement("figcaption");
  words.className = "faint";
  words.textContent = series.moves.length ? `┆ ${figure.dataset.moves}` : "";
  figure.append(words);
  new ResizeObserver(() => chart.setSize({ width: figure.clientWidth, height: HIGH })).observe(figure);
}

// A dotted line where we moved the stock, with the units beside it where there is room.
function mark(drawn, moves, colour) {
  const { ctx, bbox } = drawn;
  ctx.save();
  ctx.strokeStyle = ctx.fillStyle = colour;
  ctx.setLineDash([2, 3]);
  let free = 0;
  for (const move of moves) {
    const x = drawn.valToPos(move.at, "x", true);
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    if (x < free) continue;
    ctx.fillText((move.by > 0 ? "+" : "") + move.by, x + 3, bbox.top + 12);
    free = x + ROOM;
  }
  ctx.restore();
}
