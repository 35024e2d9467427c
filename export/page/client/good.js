import { el } from './dom.js';

export function good(app, root) {
  root.append(el('p', { text: 'This view is being built.' }));
}
