import { el } from './dom.js';

export function finding(app, root) {
  root.append(el('p', { text: 'This view is being built.' }));
}
