// Find settings: what the outputs should be in, settings that give it out; inputs that are locked in
// the profiler stay. Each setting has a button that puts the sliders there.
import { el, format, labelOf, parse } from './dom.js';
import { askedOf, familiarText, percentText, scrolled } from './told.js';
import { limitEnds } from './numbers/predictive.js';
import { plainNumber } from './profiling/controls.js';
import { searchSettings } from './numbers/search.js';

const SETTINGS_FOUND = 6;

export function finding(app, root) {
  const goals = app.about.outputs.map((_, k) => goalRow(app, k));
  const answer = el('div', { class: 'found' });
  const said = el('p', { class: 'told', role: 'status' });
  const form = el('form', { class: 'goals', onsubmit: (event) => {
    event.preventDefault();
    runSearch(app, goals, answer, said);
  } },
    el('p', { text: 'Give a target, or limits, or both; then settings are looked for that reach them. Inputs that are'
      + ' locked keep their value.' }),
    scrolled('What is wanted', el('table', {},
      el('tr', {}, ...['output', 'target', 'lower limit', 'upper limit'].map((t) => el('th', { scope: 'col', text: t }))),
      ...goals.map((g) => g.row))),
    lockBoxes(app),
    el('p', {}, el('button', { class: 'act main', type: 'submit', id: 'find', text: 'Find settings' })));
  root.append(form, said, answer);
  app.on('limits', () => goals.forEach((g) => g.fill()));
}

// Fields of one output; they are those of all views.
function goalRow(app, k) {
  const output = app.about.outputs[k];
  const fields = ['target', 'lower', 'upper'].map((name, i) => el('input', {
    type: 'text', inputmode: 'decimal', class: 'number', id: `goal-${k}-${name}`, placeholder: 'none',
    'aria-label': `${name} of ${output.name}`, onchange: () => take(),
  }));
  const places = [2, 0, 1];
  const read = () => {
    let ok = true;
    const found = [null, null, null];
    fields.forEach((field, i) => {
      const text = field.value.trim(), v = text ? parse(text) : null;
      field.setAttribute('aria-invalid', String(Number.isNaN(v)));
      ok &&= !Number.isNaN(v);
      found[places[i]] = v;
    });
    return ok ? found : null;
  };
  const take = () => {
    const found = read();
    if (found) app.setLimits(k, ...found);
    return found !== null;
  };
  const fill = () => fields.forEach((field, i) => {
    const v = app.limits[k][places[i]];
    if (document.activeElement !== field || parse(field.value) !== v) field.value = v === null ? '' : plainNumber(v);
  });
  fill();
  const row = el('tr', {}, el('th', { scope: 'row', text: labelOf(output) }), ...fields.map((f) => el('td', {}, f)));
  return { row, take, fill };
}

// Which inputs are locked, as boxes.
function lockBoxes(app) {
  const boxes = app.about.inputs.map((input, i) => el('input', {
    type: 'checkbox', id: `keep-${i}`, checked: app.locked.has(i), onchange: (event) => app.lock(i, event.target.checked),
  }));
  app.on('lock', () => boxes.forEach((box, i) => (box.checked = app.locked.has(i))));
  return el('fieldset', { class: 'locks' }, el('legend', { text: 'keep as they are' }),
    ...app.about.inputs.map((input, i) => el('label', { class: 'check', for: `keep-${i}` }, boxes[i], el('span', { text: input.name }))));
}

function runSearch(app, goals, answer, said) {
  if (!goals.map((g) => g.take()).every(Boolean)) {
    said.textContent = 'One of these is no number; write it like 41.5 or 41,5.';
    return;
  }
  const wanted = app.limits.map(([lower, upper, target], k) => ({ k, ends: limitEnds([lower, upper]), target }));
  if (!wanted.some((w) => w.ends || w.target !== null)) {
    said.textContent = 'Give a target or a limit of an output first.';
    return;
  }
  const crossed = wanted.find(({ ends }) => ends && !(ends[0] < ends[1]));
  if (crossed) {
    said.textContent = `The lower limit of ${app.about.outputs[crossed.k].name} is not below its upper one: exchange the two numbers.`;
    return;
  }
  said.textContent = 'Looking ..';
  requestAnimationFrame(() => setTimeout(() => showSettings(app, searchSettings(app, wanted, SETTINGS_FOUND), answer, said)));
}

function showSettings(app, { groups, why }, answer, said) {
  const all = groups.flatMap((g) => g.settings);
  said.textContent = all.length ? `${all.length} setting${all.length > 1 ? 's' : ''} found. ${why}`.trim() : `No setting found. ${why}`.trim();
  answer.replaceChildren(...groups.filter((g) => g.settings.length).map((g) => settingsTable(app, g, said)));
}

// A group of settings: what they are, then a line each.
function settingsTable(app, group, said) {
  const limited = app.limits.some(limitEnds) && app.about.worth, familiar = app.about.familiar;
  const heads = ['', ...app.about.outputs.map(labelOf), limited ? 'inside limits' : null, familiar ? 'covered by data' : null,
    ...app.about.inputs.map(labelOf)].filter((t) => t !== null);
  const lines = group.settings.map((x, n) => settingLine(app, group, x, n, limited, familiar, said));
  return el('section', {}, el('h3', { text: group.name }), el('p', { class: 'soft small', text: group.about }),
    scrolled(group.name,
      el('table', { class: 'settings' }, el('tr', {}, ...heads.map((t) => (t ? el('th', { scope: 'col', text: t }) : el('td')))), ...lines)));
}

function settingLine(app, group, x, n, limited, familiar, said) {
  const found = askedOf(app, x), name = `${group.name}, ${n + 1}`;
  const use = el('button', { class: 'act use', type: 'button', text: 'Use', 'aria-label': `Use setting ${n + 1} of: ${group.name}`, onclick: () => {
    app.setAll(x);
    said.textContent = `The sliders now stand at this setting (${name}).`;
    for (const other of use.closest('.found').querySelectorAll('tr.chosen')) other.classList.remove('chosen');
    use.closest('tr').classList.add('chosen');
  } });
  const outputs = app.about.outputs.map((_, k) => el('td', {}, format(found.value[k]),
    Number.isFinite(found.lower[k]) ? el('span', { class: 'soft', text: ` (${format(found.lower[k], 4)} to ${format(found.upper[k], 4)})` }) : null));
  const cells = [...outputs];
  if (limited) cells.push(el('td', { text: found.inside === null ? '-' : percentText(found.inside) }));
  if (familiar) cells.push(familiarCell(app, found.p));
  return el('tr', {}, el('td', {}, use), ...cells, ...app.about.inputs.map((input, i) => inputCell(app, input, x, i)));
}

function familiarCell(app, p) {
  const text = familiarText(app, p), no = text.startsWith('not');
  return el('td', { class: no ? 'warn' : '', text: text.replace(/^(not )?covered by data/, (all) => (all[0] === 'n' ? 'no' : 'yes')) });
}

function inputCell(app, input, x, i) {
  const same = x[i] === app.setting[i];
  return el('td', { class: same ? 'soft' : 'moved', text: input.levels ? input.levels[Math.round(x[i])] : format(x[i], 5) });
}
