// Who stands at the station: asked once, kept by the browser, changed on the status strip.
import { el } from './dom.js';
import { changed, state } from './state.js';
import { kept } from './kept.js';

let dialog = null;

// The name, asked for where it is not known; '' where none was given.
export function askWho(again = false) {
  if (state.who && !again) return Promise.resolve(state.who);
  dialog?.remove();
  const input = el('input', { type: 'text', id: 'who', autocomplete: 'off', maxlength: 60, required: true });
  input.value = state.who;
  dialog = el('dialog', { 'aria-labelledby': 'who-title' }, el('form', { method: 'dialog' },
    el('h2', { id: 'who-title', text: 'Who is at the station?' }),
    el('p', { text: 'The name is recorded with what you do here.' }),
    el('label', { for: 'who' }, el('span', { text: 'Name' }), input),
    el('div', { class: 'row' }, el('button', { value: 'ok', text: 'OK' }),
      el('button', { value: '', type: 'button', text: 'Cancel', onclick: () => dialog.close('') }))));
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => {
      if (dialog.returnValue === 'ok' && input.value.trim()) state.who = kept('sna-who', input.value.trim());
      resolve(dialog.returnValue === 'ok' ? state.who : '');
      changed();
    }, { once: true });
  });
}

// The token of a person, where the station asks for one; `then` is called when it was taken.
export function enter(then) {
  if (document.getElementById('token')?.closest('dialog').open) return;
  const input = el('input', { type: 'password', id: 'token', autocomplete: 'current-password', required: true });
  const said = el('p', { class: 'said', role: 'alert' });
  const node = el('dialog', { 'aria-labelledby': 'token-title' }, el('form', { onsubmit: async (event) => {
    event.preventDefault();
    const why = await handIn(input.value.trim());
    said.textContent = why;
    if (why) return input.select();
    node.remove();
    then();
  } }, el('h2', { id: 'token-title', text: 'This station asks who you are' }),
  el('label', { for: 'token' }, el('span', { text: 'Your token' }), input), said,
  el('div', { class: 'row' }, el('button', { type: 'submit', text: 'Enter' }))));
  document.body.append(node);
  node.addEventListener('cancel', (event) => event.preventDefault());
  node.showModal();
}

async function handIn(token) {
  try {
    const answer = await fetch('/page/login', {
      method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ token }),
    });
    return answer.ok ? '' : (await answer.json()).error;
  } catch {
    return 'the station cannot be reached';
  }
}
