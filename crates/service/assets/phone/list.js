// The list: which houses are done, which are not, and which are on this phone only.

import { button, h, heading, show } from './dom.js';
import { heldActs } from './held.js';
import { covered, dayTitle, isToDo, numberOf, panelOf, standing, today } from './month.js';
import { nameOf } from './sheets.js';

/** Shows the list of the month; `still` draws it anew where it is shown already. */
export async function showList(app, still = false) {
  const { data } = app;
  const title = data?.title ?? '评分';
  const head = () => [heading(title), notice(app), ...elsewhere(app), months(app)];
  const empty = emptiness(app);
  if (empty) return show([...head(), h('p', { class: 'empty' }, empty), leftOver(app)], title, still);
  const panel = panelOf(data, app.panel);
  if (!panel) return show([...head(), ...chooser(app)], title, still);
  const households = covered(data, panel);
  if (households.length === 0) {
    const words = '这个评分组负责的小组里没有参与积分的农户。请村里先登记农户，再打开本页。';
    return show([...head(), panelLine(app, panel), h('p', { class: 'empty' }, words)], title, still);
  }
  const [drafts, refused] = await Promise.all(['draft', 'refused'].map(async (kind) => new Set(await app.store.ids(kind))));
  if (location.hash.startsWith('#/h/')) return;
  const grid = h('ul', { class: 'houses' });
  const fill = () => fillGrid(app, grid, households, { drafts, refused });
  fill();
  const content = [panelLine(app, panel), counts(app, households), deadline(data), ...filters(app, panel, households, fill), grid, leftOver(app)];
  show([...head(), ...content], title, still);
}

/** What happened to all that this phone kept, if anything did. */
function notice(app) {
  return app.notice ? h('p', { class: 'notice', id: 'notice', 'data-kind': 'problem' }, app.notice) : null;
}

/** What the same person keeps on this phone in other roles, and how it is sent. */
function elsewhere(app) {
  const line = ({ as, count }) => h('p', { class: 'notice' },
    `另有 ${count} 份积分卡以“${as}”存在本机，还没有上传：请到`, h('a', { href: '/account' }, '我的账号'), '换成这个角色，再打开本页。');
  return app.elsewhere.map(line);
}

/** Why there is nothing to score, if there is nothing. */
function emptiness({ data, problem }) {
  if (!data) return problem || '本机还没有名单。请在有信号的地方打开一次，之后没有信号也能评分。';
  if (!data.catalogue) return '本村当月没有生效的积分项目。请村里先提交并由镇里批准，再来评分。';
  if (data.panels.length === 0) return '您不在本村任何评分组里，或评分组还没有成立。请村里先成立评分组。';
  if (data.households.length === 0) return '本村还没有参与积分的农户。请村里先登记农户。';
  return '';
}

/** A tab for each month that can be scored now, where there are several. */
function months(app) {
  const open = app.data?.open ?? [];
  if (open.length < 2) return null;
  const pick = ({ month, title, opened_until }) => button({
    'data-month': month, 'aria-pressed': `${month === app.data.month}`, onclick: () => app.openMonth(month),
  }, opened_until ? `${title}（补录）` : title);
  return h('div', { class: 'tabs', role: 'group', 'aria-label': '评哪个月' }, open.map(pick));
}

function choose(app, name) {
  app.panel = name;
  app.tab = '';
  app.store.put('setting', 'panel', name);
  showList(app);
}

function chooser(app) {
  const pick = (panel) => h('li', {}, button({ 'data-panel': panel.name, onclick: () => choose(app, panel.name) }, panel.name));
  return [h('h2', {}, '您今天随哪个评分组评分？'), h('ul', { class: 'choices' }, app.data.panels.map(pick))];
}

function panelLine(app, panel) {
  const change = button({ class: 'quiet', id: 'change-panel', onclick: () => choose(app, null) }, '换一组');
  return h('p', { class: 'panel' }, h('span', {}, `评分组：${panel.name}`), app.data.panels.length > 1 ? change : null);
}

function counts(app, households) {
  const waiting = app.queue.waiting(app.data.month);
  const todo = households.filter((one) => isToDo(one, waiting.get(one.code))).length;
  // What was not accepted counts as done only where an earlier card stands.
  const open = households.filter((one) => waiting.get(one.code)?.held && !one.card).length;
  const held = households.filter((one) => waiting.get(one.code)?.held).length;
  const count = (id, word, number) => h('span', {}, `${word} `, h('b', { id }, `${number}`));
  return h(
    'p',
    { class: 'counts' },
    count('count-done', '已评', households.length - todo - open),
    count('count-todo', '未评', todo),
    held ? count('count-held', '需核对', held) : null,
    count('count-pending', '待上传', app.queue.unsent.length),
  );
}

function deadline(data) {
  const day = today(data, Date.now());
  const last = dayTitle(data.last_entry_day);
  const opened = data.open?.find((one) => one.month === data.month)?.opened_until;
  if (day <= data.last_entry_day) return h('p', { class: 'soft' }, `${last}24时前都可以填写。`);
  const words = opened && day <= opened
    ? `本月评分已于${last}24时截止；获准补录的，${dayTitle(opened)}24时前还可以填写，其余的要镇里批准后才算数。`
    : `本月评分已于${last}24时截止；在这里还能保存，但要镇里批准补录后才算数。`;
  return h('p', { class: 'soft' }, words);
}

/** What came too late in months that are no longer shown, or was not clear: the server keeps it for the village to decide, and
 * whoever has read its word takes it off this phone. */
function leftOver(app) {
  const shown = new Set([app.data?.month, ...(app.data?.open ?? []).map((one) => one.month)]);
  const left = app.queue.sheets.filter((one) => one.held && !shown.has(one.month));
  if (left.length === 0) return null;
  const line = (sheet) => {
    const words = `${sheet.month} 农户 ${sheet.household_code}：${sheet.held}`;
    return h('li', { class: 'notice', 'data-kind': 'problem' }, h('p', {}, words), heldActs(app, sheet, words, () => showList(app, true)));
  };
  return h('section', {}, h('h2', {}, '往月没有入账的'), h('ul', {}, left.map(line)));
}

/** Search, and a tab for each group that says how many of its houses are not done. */
function filters(app, panel, households, fill) {
  const search = h('input', {
    id: 'search', type: 'search', value: app.search, autocomplete: 'off', enterkeyhint: 'search',
    oninput: () => {
      app.search = search.value;
      fill();
    },
  });
  const groups = app.data.groups.filter((group) => panel.groups.includes(group.code));
  const tabs = h('div', { class: 'tabs', role: 'group', 'aria-label': '村小组' });
  const tab = (code, name) =>
    button({ 'data-group': code, 'aria-pressed': `${app.tab === code}`, onclick: () => {
      app.tab = code;
      for (const one of tabs.children) one.setAttribute('aria-pressed', `${one.dataset.group === code}`);
      fill();
    } }, name);
  const waiting = app.queue.waiting(app.data.month);
  const named = ({ code, name }) => {
    const todo = households.filter((one) => one.group === code && isToDo(one, waiting.get(one.code))).length;
    return tab(code, `${name} · ${todo ? `未评 ${todo}` : '评完'}`);
  };
  if (groups.length > 1) tabs.append(tab('', '全部'), ...groups.map(named));
  return [h('label', { class: 'search' }, '按户号或户主查找', search), tabs];
}

function fillGrid(app, grid, households, { drafts, refused }) {
  const waiting = app.queue.waiting(app.data.month);
  const wanted = app.search.trim();
  const fits = (one) =>
    (!app.tab || one.group === app.tab) && (!wanted || one.number.includes(wanted) || one.head_name.includes(wanted));
  const mixed = !app.tab && new Set(households.map((one) => one.group)).size > 1;
  const tile = (one) => {
    const name = nameOf(app.data.month, one.code);
    const stands = standing(app.data, one, waiting.get(one.code), { hasDraft: drafts.has(name), lacksPhoto: refused.has(name) });
    return h('li', {}, h(
      'a',
      { href: `#/h/${one.code}`, class: 'house', 'data-household': one.code, 'data-standing': stands.kind },
      h('span', { class: 'number' }, mixed ? numberOf(app.data, one) : one.number),
      h('b', {}, one.head_name),
      h('span', { class: 'word' }, h('span', { class: 'mark', 'aria-hidden': 'true' }, stands.mark), stands.word),
    ));
  };
  const tiles = households.filter(fits).map(tile);
  grid.replaceChildren(...(tiles.length ? tiles : [h('li', { class: 'empty' }, '没有找到。请换个户号或姓名，或选“全部”。')]));
}
