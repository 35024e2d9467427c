// What the model says at the setting: values, intervals, and in words what they are worth.
import { el, format, labelOf, withUnit } from '../dom.js';
import { isRefusal } from '../answer.js';
import { inputText } from './controls.js';

const SAID = {
  ok: 'inside the domain',
  edge: 'inside the domain, but where there are no training data',
  extrapolated: 'outside the domain: continued linearly',
  bad_input: 'no value: an input is missing or not a number',
  not_converged: 'no value: the interval is not a number',
};

// [sentence, 'fine' | 'warn' | 'wrong']: what an answer is worth.
export function worthOf(app, now) {
  if (now.status === 'out_of_domain') return [outsideText(app), 'wrong'];
  if (isRefusal(now.status)) return [SAID[now.status] ?? now.status, 'wrong'];
  const p = now.familiarity?.p;
  const share = Number.isFinite(p) ? `at least as usual as ${format(100 * p, 2)} % of comparable rows` : '';
  if (now.status === 'unfamiliar') {
    const only = share.replace('at least as usual as', 'as usual as');
    return [`unfamiliar: inputs like these were hardly ever seen together${only && ` (${only})`}`, 'warn'];
  }
  const where = SAID[now.status] ?? now.status;
  if (now.status !== 'ok') return [where, 'warn'];
  return [share ? `familiar: ${share}` : `${where}; the model does not say how familiar inputs are`, 'fine'];
}

// 'outside the domain: cement is 60 kg/m3 above its range, 102 to 540'.
export function outsideText(app) {
  const said = app.model.inputs.flatMap((input, i) => {
    const x = app.setting[i];
    if (!(x < input.lower || x > input.upper)) return [];
    const [far, side] = x > input.upper ? [x - input.upper, 'above'] : [input.lower - x, 'below'];
    const range = `${format(input.lower)} to ${format(input.upper)}`;
    return [`${input.name} is ${withUnit(far, input.unit)} ${side} its range, ${range}`];
  });
  return said.length ? `outside the domain: ${said.join('; ')}` : 'outside the domain';
}

// {node, show(now)}: the panel of all outputs.
export function predictionPanel(app) {
  const outputs = app.model.outputs.map((output, k) => outputLine(app, output, k));
  const classes = el('div', { class: 'classes' });
  const worth = el('p', { class: 'worth', role: 'status' });
  const node = el('div', { class: 'now' }, outputs.map((one) => one.node), classes, worth);
  const show = (now) => {
    for (const one of outputs) one.show(now);
    const [text, tone] = worthOf(app, now);
    worth.textContent = text;
    worth.className = `worth ${tone}`;
    classes.replaceChildren(...classLines(app, now).map((text) => el('p', { text })));
  };
  return { node, show };
}

function outputLine(app, output, k) {
  const value = el('b', { class: 'value' });
  const interval = el('span', { class: 'interval' });
  const name = app.model.outputs.length > 1
    ? el('button', { type: 'button', class: 'choose', text: output.name, onclick: () => app.choose(k) })
    : el('span', { class: 'choose', text: output.name });
  const node = el('div', { class: 'output' }, name, value, interval);
  const show = (now) => {
    value.textContent = withUnit(now.value[k], output.unit);
    interval.textContent = intervalText(app, now, k);
    if (name.tagName === 'BUTTON') name.setAttribute('aria-pressed', String(app.output === k));
    node.classList.toggle('chosen', app.output === k && app.model.outputs.length > 1);
  };
  return { node, show };
}

// '90 % interval: 35.0 to 47.4' in the digits of `sna-edge query`.
export function intervalText(app, now, k) {
  const level = app.level ?? app.about.outputs[k].interval;
  if (level === null) return 'no interval';
  if (!Number.isFinite(now.lower[k])) return '';
  return `${format(100 * level, 10)} % interval: ${format(now.lower[k])} to ${format(now.upper[k])}`;
}

// Probabilities [L] of the labels of a target from the outputs' values.
export function probabilities(one, value) {
  const part = one.outputs.map((k) => value[k]);
  if (one.kind === 'several') {
    const sum = part.reduce((a, b) => a + b, 0);
    return part.map((v) => v / sum);
  }
  const above = [1, ...part, 0];
  return one.labels.map((_, j) => Math.max(above[j] - above[j + 1], 0));
}

// A line for each target that has labels: the label that is answered, and how probable each is.
export function classLines(app, now) {
  if (isRefusal(now.status)) return [];
  return app.about.classes.map((one) => {
    const p = probabilities(one, now.value);
    const answered = `${one.target}: ${one.labels[answeredPlace(one, p)]}`;
    if (one.kind === 'binary') {
      const rule = `answered from ${format(one.threshold)} on`;
      return `${answered}  (probability of ${one.labels[1]} ${format(p[1], 4)}, ${rule})`;
    }
    const each = one.labels.map((label, j) => `${label} ${format(p[j], 4)}`).join(', ');
    return `${answered}  (probabilities: ${each})`;
  });
}

function answeredPlace(one, p) {
  if (one.kind === 'binary') return p[1] >= one.threshold ? 1 : 0;
  if (one.kind === 'several') return p.indexOf(Math.max(...p));
  let sum = 0;
  return p.findIndex((share) => (sum += share) >= 0.5 - 1e-12);
}

// What a screen reader says of the curves of one input.
export function curveText(app, i, k, now) {
  const [input, output] = [app.model.inputs[i], app.model.outputs[k]];
  const at = inputText(input, app.setting[i]);
  return `${labelOf(output)} along ${labelOf(input)}; ${format(now.value[k])} at ${at}`;
}
