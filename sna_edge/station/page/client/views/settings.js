// What engineers and admins change while the station runs; each is a record with who and why.
import { el, write } from '../base/dom.js';
import { at, may, operate } from '../base/operate.js';
import { chosenLine, nameOf, state } from '../base/state.js';
import { gageCard, limitsCard, modelCard } from '../settings/recipe.js';
import { peopleCard, recordsCard } from '../settings/station.js';

export function settingsView(root) {
  const said = el('p', { class: 'said', role: 'status', id: 'settings-said' }), body = el('div', { class: 'grid' });
  root.append(said, body);
  let shown = '', typed = false;
  body.addEventListener('input', () => (typed = true));
  // What is typed stays until something was done, or another recipe is chosen.
  const build = async (sentence = '') => {
    typed = false;
    const found = await cards(asked(), build);
    if (typed && !sentence) return;
    body.replaceChildren(...found);
    write(said, sentence);
    if (sentence) said.scrollIntoView({ block: 'nearest' });
  };
  const paint = () => {
    const line = asked(), key = `${line ? nameOf(line) : ''} ${state.role}`;
    if (key === shown) return;
    shown = key;
    build();
  };
  paint.shown = () => typed || (shown = '');
  return paint;
}

async function cards(line, build) {
  if (!line || !may('engineer')) return [el('p', { text: line ? 'This is for engineers and admins.' : 'There is no station to show yet.' })];
  const [told, all] = await Promise.all([operate('GET', at(line, 'limits')), operate('GET', '/operations')]);
  if (told.error) return [el('p', { text: `${told.error}.` })];
  const found = await Promise.all([
    limitsCard(line, told, build), modelCard(line, build), gageCard(line, told.readings, build),
    ...(may('admin') ? [all.people ? peopleCard(build) : null, recordsCard()] : []),
  ]);
  return found.filter(Boolean);
}

// Before the first part there are recipes, too.
function asked() {
  return chosenLine() ?? state.facts[0] ?? null;
}
