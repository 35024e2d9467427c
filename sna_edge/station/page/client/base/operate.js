// What engineers and admins ask of the station, and who may.
import { state } from './state.js';
import { askWho } from './who.js';

const ROLES = ['line', 'operator', 'engineer', 'admin'];

export function may(role) {
  return ROLES.indexOf(state.role) >= ROLES.indexOf(role);
}

// The address of a recipe.
export function at(line, rest) {
  return `/stations/${encodeURIComponent(line.station)}/recipes/${encodeURIComponent(line.recipe)}/${rest}`;
}

// What the station answers, or {error}: one sentence. `said` is JSON, `raw` bytes with the rest in the address.
export async function operate(method, address, said = {}, raw = null) {
  if (method !== 'GET' && !state.person && !(await askWho())) return { error: 'give your name: it is recorded with what you do' };
  const more = { who: state.who, ...said };
  const options = { method };
  if (raw) Object.assign(options, { headers: { 'Content-Type': 'application/octet-stream' }, body: raw });
  else if (method !== 'GET') Object.assign(options, { headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(more) });
  try {
    const answer = await fetch(raw ? `${address}?${new URLSearchParams(more)}` : address, options);
    const told = await answer.json().catch(() => ({}));
    return answer.ok ? told : { error: told.error ?? `the station answers ${answer.status}` };
  } catch {
    return { error: 'the station cannot be reached; look whether it was done' };
  }
}
