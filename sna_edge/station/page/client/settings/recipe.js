// What engineers change of a recipe: its limits, its model, the noise of its readings.
import { el } from '../base/dom.js';
import { at, operate } from '../base/operate.js';
import { nameOf } from '../base/state.js';
import { card, choice, field } from './form.js';

export function limitsCard(line, told, again) {
  const text = el('textarea', { rows: 12, spellcheck: 'false', class: 'code' });
  text.value = told.text;
  const put = async (why) => {
    const done = await operate('PUT', at(line, 'limits'), { text: text.value, before: told.digest, why });
    return done.error ? done : (again(`Limits changed, record ${done.record}: ${done.changes.join('; ')}.`), { said: '' });
  };
  return card(`Limits of ${nameOf(line)}`, [field(`${told.file}, digest ${told.digest.slice(0, 12)}`, text)], [['Change limits', put]]);
}

export async function modelCard(line, again) {
  const told = await operate('GET', at(line, 'models'));
  if (told.error) return el('p', { text: told.error });
  const judging = el('p', { text: `Judging: ${named(told.judging)}, ${told.judging.signature}` });
  if (told.kind === 'file') {
    return el('section', { class: 'card setting' }, el('h2', { text: `Model of ${nameOf(line)}` }), judging,
      el('p', { class: 'soft', text: 'This recipe judges with a file. Where the configuration names a store, models are switched here.' }));
  }
  const after = (done) => (done.error ? done : (again(`Judging with ${named(done.model)} now, record ${done.record}.`), { said: '' }));
  const file = el('input', { type: 'file', accept: '.sna' });
  const slots = el('ul', {}, Object.entries(told.slots).map(([name, slot]) => el('li', { text: `${name}: ${named(slot)}${slot.sound ? '' : ', damaged'}` })));
  const install = async (why) => (file.files[0] ? after(await operate('PUT', at(line, 'model'), { why }, file.files[0])) : { error: 'choose a model file' });
  const back = async (why) => after(await operate('POST', at(line, 'rollback'), { why }));
  return card(`Model of ${nameOf(line)}`, [judging, slots, field('New model (.sna)', file)],
    [['Install', install], ...(told.slots.previous ? [['Back to the previous', back]] : [])]);
}

function named(slot) {
  return `${slot.version ? `version ${slot.version}, ` : ''}${slot.sha256.slice(0, 12)}`;
}

// [part, operator, value] of a line, parted by blanks, semicolons or else commas; NaN for a value that is not there.
function measurement(line) {
  const text = line.trim(), [part, who, value, more] = text.split(/[\s;]/.test(text) ? /[\s;]+/ : ',');
  return [part, who, value && more === undefined ? Number(value.replace(',', '.')) : NaN];
}

export function gageCard(line, inputs, again) {
  const input = choice(inputs), rows = el('textarea', { rows: 5, spellcheck: 'false', class: 'code', placeholder: 'part operator value' });
  const ask = (apply) => async (why) => {
    const read = rows.value.trim().split('\n').map(measurement), wrong = read.findIndex((one) => !Number.isFinite(one[2]));
    if (wrong >= 0) return { error: `line ${wrong + 1} of the study is no part, operator and value; correct it` };
    const told = await operate('POST', at(line, 'gage'), { input: input.value, rows: read, apply, why });
    if (told.error) return told;
    const said = `Gauge of ${told.input}: standard deviation ${told.sigma.toPrecision(3)}, tolerance ${told.tolerance}; ${told.says}.`;
    return told.record ? (again(`${said} Limits changed, record ${told.record}.`), { said: '' }) : { said };
  };
  return card('Study of a gauge', [field('Reading', input), field('One measurement a line', rows)], [['Calculate', ask(false)], ['Take as tolerance', ask(true)]]);
}
