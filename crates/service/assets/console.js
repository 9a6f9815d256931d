// What makes the console quicker; every form works without it.

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
      const { forgetShown } = await import('./phone/store.js');
      await forgetShown();
    } catch (error) {
      console.error('something of the phone page stays on this device', error);
    }
    form.dataset.forgotten = 'yes';
    form.requestSubmit();
  });
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

new Set([...document.querySelectorAll('[data-confirm]')].map((one) => one.closest('form'))).forEach(askFirst);
document.querySelectorAll('select[data-go]').forEach(goTo);
document.querySelectorAll('nav.flow').forEach(showPresent);
document.querySelectorAll('form[action="/logout"]').forEach(forgetPhonePage);
document.querySelectorAll('table[data-sheet-entry]').forEach(enterSheets);
