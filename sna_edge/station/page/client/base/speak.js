// What is read aloud: changes of the verdict, politely, and never more often than can be heard.
import { chosenLine, live } from './state.js';
import { write } from './dom.js';

const REST = 3000; // ms
let spoken = '', at = 0;

export function speak() {
  const line = chosenLine(), now = Date.now();
  const word = !live() ? 'No connection to the station' : line?.last?.verdict ?? '';
  if (word === spoken || now - at < REST) return;
  [spoken, at] = [word, now];
  const reason = live() && line?.last?.reason ? `: ${line.last.reason}` : '';
  write(document.getElementById('say'), word && live() ? `${word}, part ${line.last.part}${reason}` : word);
}
