// One card of the settings: fields, a reason, buttons, and what became of it.
import { button, el, write } from '../base/dom.js';

let last = 0;

export function field(label, input) {
  input.id ||= `set-${(last += 1)}`;
  return el('label', { for: input.id }, el('span', { text: label }), input);
}

export function choice(values) {
  return el('select', {}, values.map((value) => el('option', { value, text: value })));
}

// A card; `acts` are [text, async (why, say) => sentence]; a reason is needed for each.
export function card(title, children, acts, needsReason = true) {
  const said = el('p', { class: 'said', role: 'status' }), why = el('input', { type: 'text', maxlength: 1000, autocomplete: 'off' });
  const run = (act) => async (event) => {
    const node = event.currentTarget, reason = why.value.trim();
    if (needsReason && !reason) return write(said, 'Say why: it is recorded with what you do.'), why.focus();
    node.disabled = true;
    write(said, 'Asking the station …');
    try {
      const told = await act(reason);
      write(said, told.error ? `Not done: ${told.error}.` : told.said);
      if (!told.error) why.value = '';
    } finally {
      node.disabled = false;
    }
  };
  return el('section', { class: 'card setting' }, el('h2', { text: title }), ...children,
    el('div', { class: 'row controls' }, needsReason ? field('Reason', why) : null, acts.map(([text, act]) => button(text, run(act)))), said);
}
