// What makes the console quicker; every form works without it.

import { noteAccount } from './phone/device.js';

/** Asks before a form is sent: `form[data-confirm="text"]`, or by one of its buttons: `button[data-confirm="text"]`. */
function askFirst(form) {
  let agreed = false;
  form.addEventListener('submit', (event) => {
    const question = event.submitter?.dataset.confirm ?? form.dataset.confirm;
    if (agreed || !question) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const [dialog, words, foot] = ['dialog', 'p', 'form'].map((tag) => document.createElement(tag));
    words.textContent = question;
    words.id = 'confirm-words';
    dialog.setAttribute('aria-labelledby', words.id);
    foot.method = 'dialog';
    foot.append(answer('取消', 'no', 'btn'), ' ', answer('确定', 'yes', 'btn btn-primary'));
    dialog.append(words, foot);
    dialog.addEventListener('close', () => {
      dialog.remove();
      event.submitter?.focus();
      agreed = dialog.returnValue === 'yes';
      if (agreed) form.requestSubmit(event.submitter);
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}

function answer(words, value, look) {
  const button = document.createElement('button');
  Object.assign(button, { textContent: words, value, className: look });
  return button;
}

/** Goes to the chosen place or month: `select[data-go]` with addresses of ours as values. */
function goTo(select) {
  select.addEventListener('change', () => {
    if (/^\/(?!\/)/.test(select.value)) location.assign(select.value);
  });
}

/** Shows where one is in the flow, where the flow is wider than the phone. */
function showPresent(flow) {
  const [list, present] = [flow.querySelector('ul'), flow.querySelector('[aria-current]')];
  if (list && present) list.scrollLeft = present.offsetLeft - (list.clientWidth - present.clientWidth) / 2;
}

/** Drops what the phone page of whoever logs out shows without the server: itself, and the names and scores of its months. */
function forgetPhonePage(form) {
  form.addEventListener('submit', async (event) => {
    if (form.dataset.forgotten) return;
    event.preventDefault();
    try {
      const [{ forgetShown }, { forgetTyped }] = await Promise.all([import('./phone/store.js'), import('./typed.js')]);
      forgetTyped();
      await forgetShown();
    } catch (error) {
      console.error('something of the phone page stays on this device', error);
    }
    form.dataset.forgotten = 'yes';
    form.requestSubmit();
  });
}

/** Shows a button that prints the page: `button[data-print]`, hidden where nothing would happen. */
function printPage(button) {
  button.hidden = false;
  button.addEventListener('click', () => print());
}

/** What a row may say besides findings: the words of `domain/src/scoring/typed.rs`, and what the row comes to. */
const WORDS = new Map([
  ...['-', '0', '无', '无扣分', '满分'].map((word) => [word, '100']),
  ...['外', '外出', 'w', 'W'].map((word) => [word, '外出']),
  ...['拒', '拒评', 'j', 'J'].map((word) => [word, '拒评']),
  ...['未', '未到', 'n', 'N'].map((word) => [word, '未到']),
]);

/** Paper sheets by keyboard: `table[data-sheet-entry]`, one `input[name=findings]` a row. */
async function enterSheets(table) {
  const { keepTyped } = await import('./typed.js');
  const { parseFindings, rulesOf, score, short, FindingsError } = await import('./phone/score.js');
  const catalogue = JSON.parse(document.querySelector('#catalogue').textContent);
  const inputs = [...table.querySelectorAll('input[name=findings]')];
  const rules = rulesOf(catalogue);
  const inWords = ({ act }) => act.split('+').map((code) => `${rules.get(code).item.item}：${rules.get(code).rule.rule}`).join('，同时');

  const read = (text) => {
    if (text === '' || WORDS.has(text)) return { worth: WORDS.get(text) ?? '', words: '', message: '' };
    try {
      const findings = parseFindings(text);
      const { total } = score(catalogue, findings);
      return { worth: short(total), words: findings.map(inWords).join('；'), message: '' };
    } catch (error) {
      if (error instanceof FindingsError) return { worth: '', words: '', message: error.message };
      throw error;
    }
  };
  const check = (input) => {
    const row = input.closest('tr');
    const { worth, words, message } = read(input.value.trim());
    row.querySelector('[data-score]').textContent = worth;
    row.querySelector('[data-words]').textContent = words;
    row.querySelector('[data-message]').textContent = message;
    if (message) input.setAttribute('aria-invalid', 'true');
    else input.removeAttribute('aria-invalid');
  };
  const step = (input, by) => {
    const next = inputs[inputs.indexOf(input) + by];
    next?.focus();
    next?.select();
  };
  keepTyped(table).forEach(check);
  for (const input of inputs) input.closest('tr').querySelector('[data-words]').textContent = read(input.value.trim()).words;
  table.addEventListener('input', (event) => inputs.includes(event.target) && check(event.target));
  table.addEventListener('keydown', (event) => {
    const by = { Enter: event.shiftKey ? -1 : 1, ArrowDown: 1, ArrowUp: -1 }[event.key];
    // Enter also ends a word of a Chinese keyboard.
    if (by === undefined || event.isComposing || !inputs.includes(event.target)) return;
    event.preventDefault();
    step(event.target, by);
  });
  document.addEventListener('keydown', (event) => {
    if (event.key.toLowerCase() !== 's' || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    table.closest('form').requestSubmit();
  });
}

/** The full points of a list, class by class, while it is typed: `[data-sum-points]`, shown in `[data-sum]` and `[data-sums]`. */
function sumPoints(list) {
  const bar = document.querySelector('[data-sums]');
  const words = bar.querySelector('[data-sum-words]');
  const short = (tenths) => (tenths % 10 ? (tenths / 10).toFixed(1) : String(tenths / 10));
  const show = () => {
    const [sums, items] = [new Map(), new Set()];
    for (const row of list.querySelectorAll('tbody tr')) {
      const value = (name) => row.querySelector(`[name=${name}]`).value.trim();
      const item = value('item_code');
      // As the server counts: an item by its first row, what is no number as nothing.
      if (item === '' || items.has(item) || row.querySelector('[name=drop]').checked) continue;
      items.add(item);
      const full = value('full_points');
      const tenths = /^\d{1,4}(\.\d)?$/.test(full) ? Math.round(Number(full) * 10) : 0;
      for (const name of [value('category'), 'all']) sums.set(name, (sums.get(name) ?? 0) + tenths);
    }
    for (const output of list.querySelectorAll('[data-sum]')) {
      const text = short(sums.get(output.dataset.sum) ?? 0);
      if (output.value !== text) output.value = text;
    }
    const left = 1000 - (sums.get('all') ?? 0);
    bar.querySelector('progress').value = 1000 - left;
    words.textContent = left === 0 ? '正好 100 分' : left > 0 ? `还差 ${short(left)} 分` : `多出 ${short(-left)} 分`;
    words.className = left === 0 ? 'word-fine' : 'word-late';
  };
  list.addEventListener('input', show);
  list.addEventListener('change', show);
  show();
}

document.querySelectorAll('header[data-account]').forEach(({ dataset }) => noteAccount(dataset.account));
new Set([...document.querySelectorAll('[data-confirm]')].map((one) => one.closest('form'))).forEach(askFirst);
document.querySelectorAll('select[data-go]').forEach(goTo);
document.querySelectorAll('nav.flow').forEach(showPresent);
document.querySelectorAll('form[action="/logout"]').forEach(forgetPhonePage);
document.querySelectorAll('button[data-print]').forEach(printPage);
document.querySelectorAll('table[data-sheet-entry]').forEach(enterSheets);
document.querySelectorAll('[data-sum-points]').forEach(sumPoints);
