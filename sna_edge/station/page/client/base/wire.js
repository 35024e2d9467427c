// The way to the station: server-sent events in, JSON out. It connects again by itself.
import { changed, hello, patch, state } from './state.js';
import { enter } from './who.js';

let source = null;

export async function connect() {
  source?.close();
  const me = await ask('me');
  if (me.person === '') return void enter(connect);
  state.person = me.person && me.person !== 'this machine' ? me.person : '';
  state.role = me.role ?? '';
  source = new EventSource('/page/events');
  source.addEventListener('hello', (event) => hello(JSON.parse(event.data)));
  source.addEventListener('patch', (event) => patch(JSON.parse(event.data)));
  source.onerror = () => {
    changed();
    if (source.readyState === EventSource.CLOSED) setTimeout(connect, 2000);
  };
}

// What a person does; the sentence that says why not, '' where it was done.
export async function send(address, said) {
  try {
    const answer = await fetch(`/page/${address}`, {
      method: 'POST', headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ who: state.who, ...said }),
    });
    if (answer.ok) return '';
    return (await answer.json().catch(() => ({}))).message ?? `the station answers ${answer.status}`;
  } catch {
    return 'the station cannot be reached; nothing was recorded';
  }
}

// JSON of the station, or {message}.
export async function ask(address, query = {}) {
  try {
    const answer = await fetch(`/page/${address}?${new URLSearchParams(query)}`);
    const told = await answer.json().catch(() => ({}));
    return answer.ok ? told : { message: told.message ?? `the station answers ${answer.status}` };
  } catch {
    return { message: 'the station cannot be reached' };
  }
}
