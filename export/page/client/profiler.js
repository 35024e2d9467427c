// The profiler: every output along every input through one setting, which sliders, fields, the curves
// themselves or an optimum change.
import { colours, fresh, sizeOf } from './chart.js';
import { el, format, labelOf } from './dom.js';
import { inputControls, lockButton, snapped } from './profiling/controls.js';
import { areaOf, curveGrid, curvesThrough, drawCell, marginFor, scaleOf } from './profiling/curves.js';
import { goalPanel } from './profiling/goals.js';
import { copyButtons } from './profiling/handover.js';
import { curveText, predictionPanel } from './profiling/prediction.js';

export function profiler(app, root) {
  const grid = curveGrid(app.model.inputs);
  const cards = app.model.inputs.map((_, i) => inputCard(app, i, grid));
  const prediction = predictionPanel(app);
  const goals = goalPanel(app);
  const aside = el('aside', {}, prediction.node, tools(app), goals.node);
  root.append(el('div', { class: 'profiler' }, aside, el('div', { class: cards.length < 4 ? 'cards few' : 'cards' }, cards.map((c) => c.node))));
  const state = { app, grid, cards, prediction, goals, scales: [], tones: colours() };
  const redraw = () => drawProfile(state);
  for (const event of ['setting', 'lock', 'output', 'limits', 'level', 'size']) {
    app.on(event, () => app.frame(redraw));
  }
  app.on('theme', () => {
    state.tones = colours();
    app.frame(redraw);
  });
  app.frame(redraw);
}

function drawProfile(state) {
  const { app, grid, cards, scales } = state;
  const outputs = app.model.outputs.length;
  for (const card of cards) card.measure(); // before anything changes: one layout for all
  state.prediction.show(app.now);
  state.goals.show(app.now);
  const found = curvesThrough(app, grid);
  for (let k = 0; k < outputs; k++) {
    scales[k] = scaleOf(found, k, outputs, app.about.outputs[k].range, scales[k]);
  }
  for (const card of cards) card.show(found, scales, state.tones);
}

function tools(app) {
  const start = el('button', {
    type: 'button', class: 'act', text: 'Back to the start', onclick: () => app.setAll(app.about.start),
  });
  return el('div', { class: 'tools' }, levelChoice(app), ...copyButtons(app, start));
}

// The level of intervals, where the model can answer at several.
function levelChoice(app) {
  if (!app.about.levels.length) return null;
  const own = app.about.outputs[0].interval;
  const select = el('select', {
    onchange: () => app.setLevel(select.value ? Number(select.value) : null),
  },
  el('option', { value: '', text: own === null ? 'of the file' : `${format(100 * own)} % (of the file)` }),
  app.about.levels.filter((level) => level !== own).map((level) => el('option', { value: level, text: `${format(100 * level)} %` })));
  return el('label', { class: 'limit' }, el('span', { class: 'words', text: 'interval level' }), select);
}

function inputCard(app, i, grid) {
  const input = app.model.inputs[i];
  const controls = inputControls(app, i);
  const lock = lockButton(app, i);
  const cells = app.model.outputs.map((_, k) => curveCell(app, i, k, grid));
  const node = el(
    'div', { class: 'card', role: 'group', 'aria-label': labelOf(input) },
    el('div', { class: 'head' }, el('span', { class: 'name', text: input.name, title: labelOf(input) }), lock.button),
    cells.flatMap((cell) => cell.nodes), ...controls.nodes,
  );
  const show = (found, scales, tones) => {
    controls.show();
    lock.show();
    node.classList.toggle('fixed', app.locked.has(i));
    cells.forEach((cell, k) => cell.show(found, scales[k], tones));
  };
  return { node, show, measure: () => cells.forEach((cell) => cell.measure()) };
}

function curveCell(app, i, k, grid) {
  const input = app.model.inputs[i];
  const outputs = app.model.outputs.length;
  const canvas = el('canvas', { class: 'curve', role: 'img' });
  const cell = {
    input, i, k, outputs, at: grid.at[i], from: grid.from[i], last: k === outputs - 1, margin: 44,
    rug: app.about.rows?.inputs[i], share: shareOf(input),
  };
  followPointer(app, canvas, cell);
  let size = null;
  const measure = () => void (size = sizeOf(canvas));
  const show = (found, scale, tones) => {
    cell.margin = marginFor(scale);
    drawCell(fresh(canvas, size), size, cell, found, app, scale, tones);
    canvas.setAttribute('aria-label', curveText(app, i, k, app.now));
  };
  const title = outputs > 1 ? [el('div', { class: 'of', text: app.model.outputs[k].name })] : [];
  return { nodes: [...title, canvas], show, measure };
}

// x -> its place 0..1 along an axis; levels stand in the middle of equal parts.
function shareOf(input) {
  if (input.levels) return (x) => (x + 0.5) / input.levels.length;
  return (x) => (x - input.lower) / (input.upper - input.lower);
}

// A click on a curve, or a drag along it, moves the input there.
function followPointer(app, canvas, cell) {
  const { input, i } = cell;
  const move = (event) => {
    const area = areaOf({ width: canvas.clientWidth, height: canvas.clientHeight }, cell);
    const left = canvas.getBoundingClientRect().left + area.left;
    const share = Math.min(Math.max((event.clientX - left) / area.width, 0), 1);
    const value = input.levels
      ? Math.min(Math.floor(share * input.levels.length), input.levels.length - 1)
      : snapped(input, app.about.inputs[i].step, input.lower + share * (input.upper - input.lower));
    app.set(i, value);
  };
  canvas.addEventListener('pointerdown', (event) => {
    if (event.button !== 0) return;
    canvas.setPointerCapture(event.pointerId);
    move(event);
  });
  canvas.addEventListener('pointermove', (event) => {
    if (canvas.hasPointerCapture(event.pointerId)) move(event);
  });
}
