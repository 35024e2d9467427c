// Builds the page, connects it, and moves between its views.
import { button, el, fill, write } from './base/dom.js';
import { decimalMark, setMark } from './base/numbers.js';
import { changed, choose, chosenLine, live, nameOf, on, state } from './base/state.js';
import { may } from './base/operate.js';
import { connect } from './base/wire.js';
import { liveView } from './live.js';
import { stripView } from './cards/strip.js';
import { inUtc, turnZone, zoneName } from './base/zone.js';
import { speak } from './base/speak.js';
import { alarmsView } from './views/alarms.js';
import { chartsView } from './views/charts.js';
import { capabilityView } from './views/capability.js';
import { historyView } from './views/history.js';
import { settingsView } from './views/settings.js';
import { whatIfView } from './views/whatif.js';

const VIEWS = [
  ['live', 'Live', liveView],
  ['charts', 'Charts', chartsView],
  ['capability', 'Capability', capabilityView],
  ['alarms', 'Alarms', alarmsView],
  ['history', 'History', historyView],
  ['what-if', 'What if', whatIfView],
  ['settings', 'Settings', settingsView],
];
let shown = '';
const tabs = new Map();

function start() {
  const list = document.getElementById('tabs'), views = document.getElementById('views');
  for (const [id, label, build] of VIEWS) {
    const count = el('span', { class: 'count', hidden: true });
    const tab = el('button', {
      type: 'button', role: 'tab', id: `tab-${id}`, 'aria-controls': `view-${id}`, onclick: () => show(id),
    }, el('span', { text: label }), count);
    const panel = el('section', { role: 'tabpanel', id: `view-${id}`, 'aria-labelledby': `tab-${id}`, tabindex: '-1', hidden: true });
    list.append(tab);
    views.append(panel);
    tabs.set(id, { tab, panel, count, paint: null, build });
  }
  list.addEventListener('keydown', walk);
  document.getElementById('line').addEventListener('change', (event) => choose(event.target.value));
  tools();
  const strip = stripView(document.getElementById('strip'));
  on(() => (heading(), tabs.get(shown)?.paint?.(), strip(), speak()));
  setInterval(changed, 1000);
  addEventListener('resize', changed);
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', changed);
  addEventListener('hashchange', () => tabs.has(location.hash.slice(1)) && show(location.hash.slice(1)));
  show(tabs.has(location.hash.slice(1)) ? location.hash.slice(1) : 'live');
  connect();
}

function show(id) {
  shown = id;
  for (const [name, one] of tabs) {
    one.tab.setAttribute('aria-selected', String(name === id));
    one.tab.tabIndex = name === id ? 0 : -1;
    one.panel.hidden = name !== id;
  }
  const one = tabs.get(id);
  one.paint ??= one.build(one.panel);
  one.paint.shown?.();
  history.replaceState(null, '', `#${id}`);
  changed();
}

function walk(event) {
  const names = [...tabs.keys()].filter((name) => !tabs.get(name).tab.hidden), at = names.indexOf(shown);
  const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: names.length - 1 }[event.key];
  if (to === undefined) return;
  event.preventDefault();
  show(names[(to + names.length) % names.length]);
  tabs.get(shown).tab.focus();
}

// How numbers and times are written, beside the views.
function tools() {
  const mark = button('', () => (setMark(decimalMark() === ',' ? '.' : ','), anew()), { id: 'decimal', class: 'quiet' });
  const zone = button('', () => (turnZone(), anew()), { id: 'zone', class: 'quiet' });
  document.getElementById('tools').append(zone, mark);
  on(() => {
    const one = decimalMark() === ',' ? '1,5' : '1.5';
    write(mark, one);
    mark.setAttribute('aria-label', `Numbers are written ${one}; change`);
    write(zone, zoneName());
    zone.setAttribute('aria-label', `Times are ${zoneName()}, ${inUtc() ? 'not the zone of the station' : 'the zone of the station'}; change`);
  });
}

// Everything is written again, also what has not changed.
function anew() {
  for (const node of document.querySelectorAll('[data-key]')) delete node.dataset.key;
  changed();
}

function heading() {
  const line = chosenLine(), select = document.getElementById('line');
  const single = line && line.recipe === 'default' ? line.station : line ? nameOf(line) : 'Station';
  write(document.getElementById('where'), single);
  document.getElementById('pick').hidden = state.lines.length < 2;
  document.getElementById('where').hidden = state.lines.length > 1;
  fill(select, state.lines.map(nameOf).join(), () => state.lines.map((one) => el('option', { value: nameOf(one), text: nameOf(one) })));
  if (line) select.value = nameOf(line);
  tabs.get('settings').tab.hidden = !may('engineer');
  const unseen = state.alarms.filter((alarm) => !alarm.seen).length, { count } = tabs.get('alarms');
  count.hidden = unseen === 0;
  write(count, unseen ? String(unseen) : '');
  count.setAttribute('aria-label', `${unseen} not acknowledged`);
  const title = line ? `${live() ? line.last.verdict ?? '' : 'no connection'} ${single}` : 'Station';
  if (document.title !== title.trim()) document.title = title.trim();
}

start();
