// Asks R for its runs once a second and draws the one that is chosen. What R sends is only ever set as text.
"use strict";

const el = (id) => document.getElementById(id);
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();
const lineColour = (i) => colour("line-" + (i % 6 + 1));

const page = {
  chosen: null,         // the run that was clicked; null: the newest
  run: null,            // the run that is drawn
  runs: [],
  tag: null,            // what R calls the data that are drawn
  drawn: "",            // run and version of the charts that are drawn
  shown: {history: {}}, // what they are drawn from
  compared: new Map(),  // the same of other runs, by number
  charts: new Map(),
};

// --- text ---------------------------------------------------------------------------------------------------------

function make(tag, text, className) {
  const node = document.createElement(tag);
  if (text !== undefined) node.textContent = text;
  if (className) node.className = className;
  return node;
}

function number(x, digits = 4) {
  if (x === null || x === undefined) return "–";
  const size = Math.abs(x);
  if (size !== 0 && (size < 1e-4 || size >= 1e6)) return x.toExponential(2);
  return String(Number(x.toPrecision(digits)));
}

function duration(seconds) {
  if (seconds < 0.095) return `${Math.round(1000 * seconds)} ms`;
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  if (seconds < 99.5) return `${Math.round(seconds)} s`;
  if (seconds < 5970) return `${Math.round(seconds / 60)} min`;
  return `${(seconds / 3600).toFixed(1)} h`;
}

const plainName = (name) => name.replace(/^(train|valid)\./, "").replace(/^(classif|regr)\./, "");
const setName = (name) => name.startsWith("valid.") ? "validation" : "training";

// --- the head and the list of runs --------------------------------------------------------------------------------

function showHead() {
  const run = page.run;
  document.title = `${run.state === "running" ? `${run.epoch}/${run.epochs} ` : ""}${run.name}`;
  el("name").textContent = run.name;
  el("state").textContent = run.state;
  el("state").className = "state " + run.state;
  el("state").hidden = false;
  const inEpoch = run.batches ? Math.min(run.step / run.batches, 1) : 1;
  el("progress").value = run.epochs ? Math.max(0, run.epoch - 1 + inEpoch) / run.epochs : 0;
  const facts = [
    ["Epoch", `${run.epoch} of ${run.epochs}`],
    ["Batch", run.batches && run.state === "running" ? `${run.step} of ${run.batches}` : null],
    ["Loss of the last batch", run.loss === undefined ? null : number(run.loss)],
    ["Learning rate", run.lr === undefined ? null : number(run.lr)],
    ["Best " + (run.best ? setName(run.best.name) + " " + plainName(run.best.name) : ""),
      run.best ? `${number(run.best.score)} (epoch ${run.best.epoch})` : null],
    ["Time", duration(run.seconds)], ["Left", run.left === undefined ? null : duration(run.left)]];
  el("facts").replaceChildren(...facts.filter(([, value]) => value !== null).map(([name, value]) => {
    const fact = make("div");
    fact.append(make("dt", name), make("dd", value));
    return fact;
  }));
  showActions();
}

function showActions() {
  const run = page.run;
  const wishes = run.wishes || [];
  el("actions").hidden = run.state !== "running";
  el("stop").disabled = wishes.includes("stop");
  el("checkpoint").disabled = !run.can_checkpoint || wishes.includes("checkpoint");
  el("checkpoint").title = run.can_checkpoint ? "Has the callback \"checkpoint\" write one after the next batch" :
    "This run has no callback \"checkpoint\"";
  say(run.note || (run.state === "running" ? "" : run.text || ""), run.state === "failed");
}

function say(text, isBad) {
  el("note").textContent = text;
  el("note").className = isBad ? "bad" : "";
}

function showRuns() {
  const items = [...page.runs].reverse().map((run) => {
    const item = make("li", undefined, run.id === page.run.id ? "shown" : "");
    const box = make("input");
    box.type = "checkbox";
    box.checked = page.compared.has(run.id);
    box.disabled = run.id === page.run.id;
    box.setAttribute("aria-label", `compare with run ${run.id}`);
    box.addEventListener("change", () => compare(run.id, box.checked));
    const button = make("button", `${run.id}  ${run.name}`);
    button.type = "button";
    const best = run.best ? `, ${plainName(run.best.name)} ${number(run.best.score)}` : "";
    button.append(make("small", `${run.state}, ${run.epoch}/${run.epochs}${best}`), make("small", run.started));
    button.addEventListener("click", () => choose(run.id));
    item.append(...(page.runs.length > 1 ? [box, button] : [button]));
    return item;
  });
  // a list that is the same is left alone, so that it keeps its focus
  const key = JSON.stringify([page.runs, page.run.id, [...page.compared.keys()]]);
  if (el("runs").dataset.key === key) return;
  el("runs").dataset.key = key;
  el("runs").replaceChildren(...items);
  el("hint").hidden = page.runs.length < 2;
}

function choose(id) {
  const newest = page.runs[page.runs.length - 1].id;
  page.chosen = id === newest ? null : id;
  page.compared.delete(id);
  page.tag = null;
  poll();
}

async function compare(id, isOn) {
  page.compared.delete(id);
  if (isOn) {
    const charts = await fetchCharts(id);
    if (charts) page.compared.set(id, charts);
  }
  draw();
}

// --- charts -------------------------------------------------------------------------------------------------------

// {key, title, lines: [{label, x, y, colour, dash}], log} for everything that can be drawn of the run.
function wantedCharts() {
  const {history, norms} = page.shown;
  const measures = [...new Set(Object.keys(history).filter((name) => /^(train|valid)\./.test(name))
    .map((name) => name.replace(/^(train|valid)\./, "")))];
  const charts = measures.map((id) => ({
    key: "measure " + id, title: id === "loss" ? "Loss" : plainName(id), lines: measureLines(id)}));
  charts.push({key: "lr", title: "Learning rate", lines: [line("learning rate", history.epoch, history.lr, "train")]});
  charts.push({key: "seconds", title: "Seconds per epoch",
    lines: [line("seconds", history.epoch, history.seconds, "train")]});
  if (norms) {
    for (const [kind, title] of [["gradient", "Norms of gradients"], ["weight", "Norms of weights"]]) {
      const lines = norms.parameters.map((parameter, i) => ({label: parameter.name, x: norms.epoch,
        y: parameter[kind], colour: lineColour(i), dash: i > 5 ? [6, 3] : []}));
      charts.push({key: "norms " + kind, title: title, log: true, lines: lines});
    }
  }
  return charts.filter((chart) => chart.lines.some((part) => part.y.some((y) => y !== null)));
}

const line = (label, x, y, name) => ({label: label, x: x, y: y, colour: colour(name), dash: []});

function measureLines(id) {
  const {history} = page.shown;
  const lines = [];
  if (history["train." + id]) lines.push(line("training", history.epoch, history["train." + id], "train"));
  if (history["valid." + id]) {
    lines.push({...line("validation", history.epoch, history["valid." + id], "valid"), dash: [6, 3]});
  }
  let i = 2;
  for (const [run, other] of page.compared) {
    const name = other.history["valid." + id] ? "valid." + id : "train." + id;
    if (other.history[name]) {
      lines.push({label: `run ${run}, ${setName(name)}`, x: other.history.epoch, y: other.history[name],
        colour: lineColour(i), dash: setName(name) === "validation" ? [6, 3] : []});
    }
    i += 1;
  }
  return lines;
}

function draw() {
  const wanted = wantedCharts();
  const keys = new Set(wanted.map((chart) => chart.key));
  for (const [key, chart] of page.charts) {
    if (!keys.has(key)) removeChart(key, chart);
  }
  for (const chart of wanted) drawChart(chart);
  drawTiming();
  showRuns();
}

function removeChart(key, chart) {
  chart.plot.destroy();
  chart.card.remove();
  page.charts.delete(key);
}

function drawChart(chart) {
  const data = uPlot.join(chart.lines.map((part) => [part.x, part.y]));
  const positive = chart.log && chart.lines.every((part) => part.y.every((y) => y === null || y > 0));
  const shape = JSON.stringify([chart.lines.map((part) => [part.label, part.colour, part.dash]), positive]);
  const old = page.charts.get(chart.key);
  if (old && old.shape === shape) {
    old.plot.setData(data, !old.isZoomed);
    if (old.isZoomed) old.plot.redraw();
    return;
  }
  const card = old ? old.card : addCard(chart.title);
  if (old) old.plot.destroy();
  const made = {card: card, shape: shape, isZoomed: false};
  made.plot = new uPlot(plotOptions(chart, card, positive, made), data, card.querySelector(".plot"));
  page.charts.set(chart.key, made);
}

function addCard(title) {
  const card = make("section", undefined, "card");
  card.append(make("h2", title), make("div", undefined, "plot"));
  el("charts").append(card);
  resizes.observe(card);
  return card;
}

const plotWidth = (card) => Math.max(200, card.querySelector(".plot").clientWidth);

function plotOptions(chart, card, isLog, made) {
  const decades = (plot, ticks) => ticks.map((y) => Number.isInteger(Math.log10(y)) ? y : null);
  const grid = {stroke: colour("grid"), width: 1};
  const axis = {stroke: colour("soft"), grid: grid, ticks: {show: false}, font: "12px system-ui"};
  return {
    width: plotWidth(card), height: 200,
    cursor: {points: {size: 6}},
    scales: {x: {time: false}, y: {distr: isLog ? 3 : 1}},
    axes: [
      {...axis, size: 28, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000, 50000, 1e5]},
      {...axis, size: labelWidth, ...(isLog ? {grid: {...grid, filter: decades}, filter: decades} : {}),
        values: (plot, ticks, i, space, step) => ticks.map((y) => tickLabel(y, isLog ? 0 : step))}],
    series: [{label: "epoch", value: legendValue}, ...chart.lines.map((part) => ({
      label: part.label, stroke: part.colour, width: 2, dash: part.dash, spanGaps: true, value: legendValue}))],
    hooks: {setSelect: [(plot) => { made.isZoomed = plot.select.width > 0; }]},
  };
}

// With the digits in which ticks differ; `step`: from one to the next, 0 if that changes.
function tickLabel(y, step) {
  if (y === null) return "";
  if (step === 0 || y === 0 || Math.abs(y) >= 1e6) return number(y);
  const isWhole = (x) => x > 0.5 && Math.abs(x - Math.round(x)) < 1e-6;
  let digits = 0;
  while (digits < 12 && !isWhole(step * 10 ** digits)) digits += 1;
  return digits <= 5 ? y.toFixed(digits) : y.toExponential(Math.max(0, digits + Math.floor(Math.log10(Math.abs(y)))));
}

const labelWidth = (plot, labels) => 16 + 7 * Math.max(3, ...(labels || []).map((label) => label.length));

// The value at the pointer, or else the last one.
function legendValue(plot, y, i, index) {
  const column = plot.data[i];
  return number(index === null || index === undefined ? column.findLast((y) => y !== null && y !== undefined) : y, 5);
}

// The whole range again.
document.addEventListener("dblclick", () => page.charts.forEach((chart) => { chart.isZoomed = false; }));

const resizes = new ResizeObserver(() => page.charts.forEach((chart) => {
  const width = plotWidth(chart.card);
  if (Math.abs(width - chart.plot.width) > 1) chart.plot.setSize({width: width, height: 200});
}));

// Canvases do not follow the page's colours by themselves.
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { if (page.drawn) draw(); });

function drawTiming() {
  let card = el("timing");
  if (!card) {
    card = make("section", undefined, "card");
    card.id = "timing";
    card.append(make("h2", "Where the time goes"), make("div", undefined, "bars"));
  }
  el("charts").append(card);
  const {timing} = page.shown;
  const total = timing.seconds.reduce((sum, seconds) => sum + seconds, 0);
  const largest = Math.max(...timing.seconds);
  const parts = timing.seconds
    .map((seconds, i) => ({seconds: seconds, callback: timing.callback[i], stage: timing.stage[i]}))
    .filter((part) => part.seconds >= total / 1000).sort((a, b) => b.seconds - a.seconds);
  card.querySelector(".bars").replaceChildren(...parts.flatMap((part) => {
    const track = make("div");
    const bar = make("div", undefined, part.callback === null ? "bar" : "bar callback");
    bar.style.width = `${100 * part.seconds / largest}%`;
    track.append(bar);
    const name = part.callback === null ? part.stage : `${part.callback}: ${part.stage}`;
    return [make("span", name), track, make("span", `${(100 * part.seconds / total).toFixed(1)} %`, "share")];
  }));
}

// --- talking to R -------------------------------------------------------------------------------------------------

let timer = null;

async function poll() {
  clearTimeout(timer);
  const busy = setTimeout(() => say("R is busy; the page goes on when it answers."), 4000);
  try {
    const answer = await fetch(page.chosen === null ? "data" : `data?run=${page.chosen}`,
      {cache: "no-store", headers: page.tag ? {"If-None-Match": page.tag} : {}});
    if (answer.status === 200) {
      const data = await answer.json();
      page.tag = answer.headers.get("ETag");
      if (data.run) await show(data);
    } else if (answer.status === 304) {
      showActions();
    } else {
      if (answer.status === 404) page.chosen = null;
      say(await answer.text(), true);
    }
  } catch (error) {
    say(error instanceof TypeError ? "R does not answer: the session has ended, or dashboard_stop() was called." :
      String(error), true);
  }
  clearTimeout(busy);
  clearTimeout(timer);
  timer = setTimeout(poll, document.hidden ? 5000 : 1000);
}

async function show(data) {
  page.runs = data.runs;
  page.run = data.run;
  page.compared.delete(data.run.id);
  showHead();
  showRuns();
  const wanted = `${data.run.id} ${data.run.charts}`;
  if (wanted === page.drawn) return;
  const charts = await fetchCharts(data.run.id);
  if (!charts) return;
  page.drawn = wanted;
  page.shown = charts;
  draw();
}

async function fetchCharts(id) {
  const answer = await fetch(`charts?run=${id}`, {cache: "no-store"});
  return answer.ok ? answer.json() : null;
}

async function command(name) {
  const answer = await fetch(`${name}?run=${page.run.id}`, {method: "POST"});
  const text = await answer.text();
  if (!answer.ok) say(text, true);
  page.tag = null;
  poll();
}

// A run takes long, and a click is quick: the button asks once more.
function askTwice(button, act) {
  const label = button.textContent;
  let back = null;
  const reset = () => { button.textContent = label; back = null; };
  button.addEventListener("click", () => {
    if (back === null) {
      button.textContent = label + " now?";
      back = setTimeout(reset, 4000);
    } else {
      clearTimeout(back);
      reset();
      act();
    }
  });
}

askTwice(el("stop"), () => command("stop"));
el("checkpoint").addEventListener("click", () => command("checkpoint"));
document.addEventListener("visibilitychange", () => { if (!document.hidden) poll(); });
poll();
