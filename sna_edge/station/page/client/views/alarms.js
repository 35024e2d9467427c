// Alarms: what has to be seen first, what each asks to be done, and who has seen it.
import { button, el, fill, write } from '../base/dom.js';
import { lasting, when } from '../base/numbers.js';
import { live, state, stationNow } from '../base/state.js';
import { send } from '../base/wire.js';
import { askWho } from '../base/who.js';

export function alarmsView(root) {
  const said = el('p', { class: 'said', role: 'status' }), list = el('ul', { class: 'alarms' });
  const none = el('p', { class: 'soft', text: 'No alarms stand.' });
  root.append(el('h2', { text: 'Alarms' }), said, none, list);
  return () => {
    none.hidden = state.alarms.length > 0 || !live();
    fill(list, JSON.stringify(state.alarms.map((a) => [a.name, a.seen, a.stands, a.count, a.words, minutes(a)])),
      () => state.alarms.map((alarm) => alarmRow(alarm, said)));
  };
}

function minutes(alarm) {
  return Math.floor((stationNow() - alarm.since) / 60000);
}

function alarmRow(alarm, said) {
  const where = [alarm.station, alarm.recipe === 'default' ? '' : alarm.recipe, alarm.output].filter(Boolean).join(' · ');
  const often = alarm.count > 1 ? `, seen ${alarm.count} times, last ${when(alarm.last)}` : '';
  const act = async () => {
    if (!(await askWho())) return;
    const why = await send('acknowledge', { alarm: alarm.name });
    write(said, why ? `Not recorded: ${why}.` : `Acknowledged by ${state.who}: ${alarm.words}`);
  };
  const gone = alarm.stands ? '' : 'gone';
  return el('li', { class: alarm.seen ? 'seen' : 'open', 'data-stands': String(alarm.stands) },
    el('div', { class: 'line' },
      el('div', {}, el('strong', { text: alarm.words }),
        el('p', { class: 'soft', text: `${where ? `${where} · ` : ''}since ${when(alarm.since)} (${lasting(stationNow() - alarm.since)})${often}${gone ? ` · ${gone}` : ''}` }),
        alarm.plan ? el('p', { class: 'plan' }, el('b', { text: 'Do: ' }), alarm.plan) : null,
        alarm.seen ? el('p', { class: 'soft', text: `acknowledged by ${alarm.seen.who}, ${when(alarm.seen.at)}${alarm.seen.why ? `: ${alarm.seen.why}` : ''}` }) : null)),
    alarm.seen ? null : button('Acknowledge', act, { id: `seen-${alarm.name}`, 'aria-label': `Acknowledge: ${alarm.words}` }));
}
