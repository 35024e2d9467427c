// Goals of the outputs and the search for the setting that meets them best.
import { el, format } from '../dom.js';
import { numberField, plainNumber } from './controls.js';
import { desired, goalFault, goalLimits, goalsOf, optimum } from './desirability.js';

const GOAL_WORDS = [
  ['none', 'no goal'], ['larger', 'larger is better'], ['smaller', 'smaller is better'],
  ['target', 'a target'], ['within', 'within limits'],
];
// Fields of each goal: [place in the limits, what it says].
const GOAL_FIELDS = {
  none: [],
  larger: [[0, 'worthless up to'], [2, 'ideal from']],
  smaller: [[2, 'ideal up to'], [1, 'worthless from']],
  target: [[0, 'at least'], [2, 'target'], [1, 'at most']],
  within: [[0, 'at least'], [1, 'at most']],
};

// {node, show(now)}: the part of the panel that finds the optimum.
export function goalPanel(app) {
  const editors = app.model.outputs.map((_, k) => goalEditor(app, k));
  const said = el('p', { class: 'said', role: 'status' });
  const familiar = el('input', { type: 'checkbox', checked: true });
  const find = el('button', { type: 'button', class: 'act main', text: 'Find the optimum' });
  find.addEventListener('click', () => searchOptimum(app, familiar.checked && app.about.familiar, said));
  const only = app.about.familiar
    ? el('label', { class: 'check' }, familiar, 'only settings like those measured')
    : null;
  const value = el('p', { class: 'soft' });
  const node = el(
    'details', { class: 'goals', open: true }, el('summary', { text: 'Goals and optimum' }),
    editors.map((one) => one.node), value, only, find, said,
  );
  const show = (now) => {
    for (const one of editors) one.show();
    const goals = goalsOf(app);
    const wrong = app.goals.some((goal, k) => goalFault(goal, app.limits[k], app.about.outputs[k].range));
    find.disabled = !goals.length || wrong;
    value.textContent = wrong ? 'The limits of a goal contradict each other.' : goals.length
      ? `desirability now ${format(Math.max(desired(goals, now.value), 0), 3)} (0 worthless, 1 ideal)`
      : 'Give an output a goal to look for the best setting.';
  };
  app.on('limits', () => (said.textContent = ''));
  return { node, show };
}

function searchOptimum(app, familiar, said) {
  const free = app.model.inputs.length - app.locked.size;
  if (!free) return void (said.textContent = 'All inputs are fixed: free one of them.');
  const found = optimum(app, familiar);
  app.setAll(found.x);
  const kept = [...app.locked].map((i) => app.model.inputs[i].name).join(', ');
  said.textContent = found.desirability > 0
    ? `Best found: desirability ${format(found.desirability, 3)}${kept ? `; fixed: ${kept}` : ''}.`
    : 'No setting meets the goals; this one comes nearest.';
}

function goalEditor(app, k) {
  const output = app.model.outputs[k];
  const select = el(
    'select',
    { 'aria-label': `goal of ${output.name}`, onchange: () => app.setGoal(k, select.value) },
    GOAL_WORDS.map(([value, text]) => el('option', { value, text })),
  );
  const fields = [0, 1, 2].map((place) => limitField(app, k, place));
  const rows = el('div', { class: 'limits' });
  const fault = el('p', { class: 'fault', role: 'alert' });
  const node = el(
    'fieldset', {}, el('legend', { text: output.name }), select, rows, fault,
  );
  let shown = null;
  const show = () => {
    const goal = app.goals[k];
    select.value = goal;
    if (shown !== goal) {
      rows.replaceChildren(...GOAL_FIELDS[goal].map(([place, text]) => fields[place].row(text)));
      shown = goal;
    }
    for (const field of fields) field.show();
    const said = goalFault(goal, app.limits[k], app.about.outputs[k].range);
    if (fault.textContent !== said) fault.textContent = said;
  };
  return { node, show };
}

function limitField(app, k, place) {
  const output = app.model.outputs[k];
  const get = () => app.limits[k][place];
  const put = (value) => app.setLimits(k, ...app.limits[k].map((old, i) => (i === place ? value : old)));
  const field = numberField('', get, put, true);
  const words = el('span', { class: 'words' });
  const row = (text) => {
    words.textContent = text;
    field.setAttribute('aria-label', `${output.name}: ${text}`);
    return el('label', { class: 'limit' }, words, field, output.unit ? el('span', { class: 'unit', text: output.unit }) : null);
  };
  const show = () => {
    const usual = goalLimits(app.goals[k], [null, null, null], app.about.outputs[k].range)[place];
    field.placeholder = usual === null ? 'open' : format(usual, 4);
    const now = get();
    if (document.activeElement !== field || !field.dirty) field.value = now === null ? '' : plainNumber(now);
  };
  return { row, show };
}
