// What admins do: people and records.
import { el } from '../base/dom.js';
import { operate } from '../base/operate.js';
import { card, choice, field } from './form.js';

export async function peopleCard(again) {
  const told = await operate('GET', '/people');
  if (told.error) return el('section', { class: 'card setting' }, el('h2', { text: 'People' }), el('p', { class: 'soft', text: `${told.error}.` }));
  const name = el('input', { type: 'text', autocomplete: 'off', maxlength: 64 }), role = choice(['line', 'operator', 'engineer', 'admin']);
  const names = [...new Set(told.people.map((one) => one.name))], gone = choice(names);
  const add = async (why) => {
    const done = await operate('POST', '/people', { name: name.value.trim(), role: role.value, why });
    return done.error ? done : (again(`The token of ${done.name}, shown once: ${done.token}`), { said: '' });
  };
  const revoke = async (why) => {
    const done = await operate('DELETE', `/people/${encodeURIComponent(gone.value)}`, { why });
    return done.error ? done : (again(`${done.name} is let in no more.`), { said: '' });
  };
  return card('People', [
    el('ul', {}, told.people.map((one) => el('li', { text: `${one.name}: ${one.role}${one.kind === 'certificate' ? ', by certificate' : ''}` }))),
    el('div', { class: 'row controls' }, field('New name', name), field('Role', role), field('To revoke', gone)),
  ], [['Add', add], ['Revoke', revoke]]);
}

export function recordsCard() {
  const days = el('input', { type: 'number', min: 1, value: 400 });
  const whole = (told) => (told.status === 'ok' ? `${told.records} records, whole, to number ${told.last}` : told.words);
  const ask = (address, said, words) => async (why) => {
    const told = await operate('POST', `/records/${address}`, { why, ...said() });
    return told.error ? told : { said: words(told) };
  };
  return card('Records', [field('Days that stay', days)], [
    ['Verify', ask('verify', () => ({}), (told) => `${whole(told)}; digest ${told.digest}.`)],
    ['Back up', ask('backup', () => ({}), (told) => `${told.folder}: ${whole(told)}.`)],
    ['Let older ones go', ask('retention', () => ({ keep_days: Number(days.value) }), (told) => `Records older than ${told.keep_days} days go now, as events say.`)],
  ]);
}
