// One act that breaks several rules (一事不二扣): it counts once, by the rule with most points.

import { button, h } from './dom.js';
import { countingRule, FindingsError, rulesOf, stepped } from './score.js';

const MOST_RULES = 8;

/** The acts of a sheet that are not one rule of the catalogue: `{element, update}`. `sheet` is the page's state. */
export function jointActs(sheet, catalogue) {
  const rules = rulesOf(catalogue);
  const list = h('ul', { class: 'acts' });
  const open = button({ class: 'wide', id: 'joint', onclick: () => choose(sheet, catalogue) }, '一件事违反多条…');
  const line = ({ act, times }) => {
    const change = (by, sign, words) =>
      button({ class: 'step', 'aria-label': `${act}：${words}`, onclick: () => {
        sheet.draft.findings = stepped(sheet.draft.findings, act, by);
        sheet.changed();
      } }, sign);
    const words = h('p', {}, h('b', {}, act), h('small', {}, countsAs(rules, act)));
    return h('li', { class: 'rule found', 'data-act': act }, words,
      h('div', { class: 'steps' }, change(-1, '−', '减一'), h('output', { class: 'count' }, `${times}`), change(1, '+', '加一')));
  };
  const update = () => list.replaceChildren(...sheet.draft.findings.filter(({ act }) => !rules.has(act)).map(line));
  return { element: h('section', { class: 'item' }, list, open), update };
}

/** By which rule an act counts, in words. */
function countsAs(rules, act) {
  try {
    const { rule } = countingRule(rules, act);
    return `只按 ${rule.code} 扣一次：${rule.rule}`;
  } catch (error) {
    if (error instanceof FindingsError) return '不在当月的积分项目里，请减去';
    throw error;
  }
}

/** Asks for the rules of one act, in the order in which they are ticked. */
function choose(sheet, catalogue) {
  let chosen = [];
  const words = h('p', { role: 'status' }, '请勾选同一件事违反的标准（2 到 8 条）');
  const tick = (rule) => {
    const box = h('input', { type: 'checkbox', value: rule.code, onchange: () => {
      chosen = box.checked ? [...chosen, rule.code] : chosen.filter((code) => code !== rule.code);
      add.disabled = chosen.length < 2 || chosen.length > MOST_RULES;
      words.textContent = chosen.join('+') || '请勾选同一件事违反的标准（2 到 8 条）';
    } });
    return h('label', { class: 'tick' }, box, h('span', {}, h('b', {}, rule.code), ` ${rule.rule}`));
  };
  const add = button({ class: 'main', id: 'joint-add', disabled: true, onclick: () => {
    sheet.draft.findings = stepped(sheet.draft.findings, chosen.join('+'), 1);
    sheet.changed();
    dialog.close();
  } }, '记一次');
  const cancel = button({ class: 'wide', onclick: () => dialog.close() }, '取消');
  const dialog = h(
    'dialog',
    { 'aria-labelledby': 'joint-title', onclose: () => {
      dialog.remove();
      document.querySelector('#joint')?.focus();
    } },
    h('h2', { id: 'joint-title' }, '一件事违反多条'),
    words,
    catalogue.items.flatMap((item) => item.rules).map(tick),
    h('div', { class: 'dialog-foot' }, cancel, add),
  );
  document.body.append(dialog);
  dialog.showModal();
}
