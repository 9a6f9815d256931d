// The scoring page of a phone: what there is to show, where one is, and when to send.

import { isAnothers, noteAccount } from './device.js';
import { h, heading, show, tell } from './dom.js';
import { showHouse } from './house.js';
import { showList } from './list.js';
import { isOver, numberOf } from './month.js';
import { Queue } from './queue.js';
import { retakeWords, withReceipt } from './sheets.js';
import { forgetShown, openStore } from './store.js';
import { loggedIn, Sync } from './sync.js';

const { account, place, as, token } = document.body.dataset;

const app = {
  identity: { account, place, as, token },
  data: null, chosen: null, problem: '', panel: null, tab: '', search: '', lateReason: '', addresses: [], keeping: null, leaving: false,
  /** What happened to all that this phone kept, if anything did. */
  notice: '',
  /** What the same person keeps here in other roles: `[{ as, count }]`. */
  elsewhere: [],
  /** What the server said of sheets, in the order in which it came: `[sheet, receipt]`. */
  receipts: [],
  /** Goes to a page, also to the one that is shown. */
  go(hash) {
    if (location.hash === hash) route();
    else location.hash = hash;
  },
  openMonth,
};

function route(still = false) {
  const house = /^#\/h\/([0-9]+)$/.exec(location.hash);
  return house ? showHouse(app, house[1]) : showList(app, still);
}

const isList = () => !location.hash.startsWith('#/h/');

/** Keeps the data of the month that is shown and of others, to be shown without signal. */
async function keepMonth(data, others = [], dropped = []) {
  app.data = data;
  const months = [data, ...others].map((one) => ['month', one.month, one]);
  app.keeping = app.store.change([...months, ['setting', 'month', data.month]], dropped);
  await app.keeping;
}

/** The month that was chosen for as long as it can be scored, else the one that the server names. */
async function fetchMonth(chosen) {
  const asked = await app.sync.month(chosen ?? 'current');
  if (!chosen || !asked.data || asked.data.open.some((one) => one.month === chosen)) return asked;
  if (app.chosen === chosen) app.chosen = null;
  return app.sync.month('current');
}

/** The other months that can be scored now. */
async function fetchOthers(data) {
  const others = [];
  for (const { month } of data.open.filter((one) => one.month !== data.month)) {
    const other = await app.sync.month(month);
    if (other.data) others.push({ ...other.data, fetched_at: Date.now() });
  }
  return others;
}

/** Fetches the months that are scored now, and keeps them for when there is no signal. */
async function refresh() {
  await app.sync.run();
  const { chosen } = app;
  const heard = app.receipts.length;
  const { data, problem } = await fetchMonth(chosen);
  const others = data ? await fetchOthers(data) : [];
  // Somebody went to another month meanwhile, and that one is on its way.
  if (app.chosen && app.chosen !== chosen) return;
  if (problem) app.problem = problem;
  const isFirst = !app.data;
  const open = data ? [data.month, ...data.open.map((one) => one.month)] : [];
  const older = data ? (await app.store.ids('month')).filter((month) => !open.includes(month)) : [];
  if (app.leaving) return;
  // A house that was saved and sent while the month was on its way is done, also where the month does not say so yet.
  const since = app.receipts.slice(heard);
  const known = (month) => since.reduce((so, [sheet, receipt]) => withReceipt(so, sheet, receipt), month);
  const dropped = older.map((month) => ['month', month]);
  if (data) await keepMonth(known({ ...data, fetched_at: Date.now() }), others.map(known), dropped);
  // A house that somebody is filling in stays as it is.
  if (isList() || isFirst) await route(!isFirst);
}

/** Goes to another month that can be scored: at once where it is on this phone, and then as the server has it. */
async function openMonth(month) {
  app.chosen = month;
  const kept = await app.store.get('month', month);
  await app.store.put('setting', 'chosen', month);
  if (app.leaving) return;
  if (kept) {
    await keepMonth(kept);
    await route(true);
  }
  await refresh();
}

let drawing = 0;

/** Draws the list anew soon, once for many receipts. */
function redraw() {
  clearTimeout(drawing);
  drawing = setTimeout(() => isList() && route(true), 80);
}

function showState(state, words) {
  const place = document.querySelector('#sync-state');
  place.dataset.state = state;
  if (place.textContent !== words) place.textContent = words;
  const way = { login: ['去登录', '/login?next=/phone'], role: ['我的账号', '/account'] }[state];
  const link = document.querySelector('#log-in');
  link.hidden = !way;
  if (way) [link.textContent, link.href] = way;
  document.querySelector('#sync-now').textContent = state === 'synced' ? '刷新' : '立即上传';
  const pending = document.querySelector('#count-pending');
  if (pending) pending.textContent = `${app.queue.unsent.length}`;
}

async function received(sheet, receipt, refused) {
  app.receipts.push([sheet, receipt]);
  if (app.data) await keepMonth(withReceipt(app.data, sheet, receipt));
  const message = ['entered', 'same'].includes(receipt.outcome) ? '' : receipt.message;
  const words = [message, refused ? retakeWords(refused) : ''].filter(Boolean).join('；');
  if (words) {
    const house = app.data?.households.find((one) => one.code === sheet.household_code);
    const name = house ? `${numberOf(app.data, house)} ${house.head_name}` : sheet.household_code;
    tell(`${name}：${words}`, 'problem', h('a', { href: `#/h/${sheet.household_code}` }, '查看'));
  }
  redraw();
}

/** Whether the server answers: without it nobody is logged out. */
async function isReached() {
  try {
    await fetch('/healthz', { cache: 'no-store', signal: AbortSignal.timeout?.(10_000) });
    return true;
  } catch {
    return false;
  }
}

/** Before somebody leaves: what is not sent stays here, sealed; the page itself goes, and the month with its names. */
async function leave(event) {
  event.preventDefault();
  const waiting = app.queue?.unsent.length ?? 0;
  const words = `还有 ${waiting} 份没有上传。它们留在本机，只有您自己再登录才看得到和上传。现在退出吗？`;
  if (waiting > 0 && !confirm(words)) return;
  if (!(await isReached())) {
    tell('没有信号，现在退不出去：登录和名单都还在本机。请到有信号的地方再退出。', 'problem');
    return;
  }
  Object.assign(app, { leaving: true, data: null });
  document.querySelector('#page').replaceChildren();
  tell('', 'done');
  try {
    await app.keeping?.catch(() => {});
    await forgetShown();
  } catch (error) {
    console.error('something of the page stays on this phone', error);
  }
  // The page may be older than the log-in.
  event.target.elements.form_token.value = app.identity.token;
  event.target.submit();
}

/** The worker that opens the page without signal rules `/phone` itself, hence the wider scope. */
async function withoutSignal() {
  try {
    await navigator.serviceWorker.register('/phone/sw.js', { scope: '/phone' });
    await navigator.storage?.persist?.();
  } catch (error) {
    console.error('the page will not open without signal', error);
  }
}

/** What the page still knows, where the browser threw away all that this phone kept. */
function rescue() {
  const { data, panel, queue } = app;
  app.notice = '浏览器清除了本机保存的内容。没有上传的积分卡已重新存下，它们的照片和填了一半的没有了，请核对，需要的请补拍。';
  const month = data ? [['month', data.month, data], ['setting', 'month', data.month]] : [];
  const chosen = panel ? [['setting', 'panel', panel]] : [];
  return [...queue.sheets.map((sheet) => ['sheet', sheet.key, sheet]), ...month, ...chosen];
}

/** Takes off this phone what can be sent no more, as the server has said since a time: an earlier word of it knows nothing of
 * a month that was opened anew. */
async function sweep(since) {
  const { data, queue } = app;
  const gone = await queue.sweep((month) => data?.fetched_at >= since && isOver(data, month));
  if (gone > 0) tell(`往月填了一半、没有保存的 ${gone} 户已不能再填，从本机清除了。`, 'done');
}

/** How long the server may take to say who is logged in, in milliseconds. */
const PATIENCE = 10_000;

/** Whether this page may be shown: nobody else has logged in here since, or its owner has again, as the server says. */
async function isOwners() {
  if (!isAnothers(account)) return true;
  return loggedIn({ signal: AbortSignal.timeout?.(PATIENCE) }).then((now) => now.account === account, () => false);
}

/** Shows nothing of an owner after whom somebody else was here. What was not sent stays on the phone, sealed. */
async function shut() {
  document.querySelector('header.top').remove();
  document.querySelector('.sync').remove();
  const words = '这台手机已换了人登录，不再显示原来的名单。原来没有上传的积分卡还封存在本机，只有原来的人再登录才看得到和上传。';
  const logIn = h('a', { class: 'login', href: '/login?next=/phone' }, '在有信号的地方登录');
  show([heading('请先登录'), h('p', { class: 'empty', id: 'shut' }, words), logIn], '请先登录');
  await forgetShown().catch((error) => console.error('something of the page stays on this phone', error));
}

/** Begins anew where somebody else has logged in in another window; tells whether it does. */
function givesWay() {
  const gives = isAnothers(account);
  if (gives) location.reload();
  return gives;
}

async function start() {
  const begun = Date.now();
  if (!(await isOwners())) return shut();
  noteAccount(account);
  document.querySelector('#log-out').addEventListener('submit', leave);
  try {
    app.store = await openStore(account, place);
  } catch {
    app.problem = '这个浏览器不能在本机保存：请用 https 开头的网址，不要用无痕模式，或换一个浏览器。';
    document.querySelector('#page').textContent = app.problem;
    document.querySelector('.sync').hidden = true;
    return;
  }
  app.queue = new Queue(app.store);
  app.store.rescue = rescue;
  const { identity, store, queue } = app;
  app.sync = new Sync({ store, queue, identity, onState: showState, onReceipt: received, onRetry: refresh });
  await queue.load();
  await store.put('setting', 'as', as).catch(() => {});
  app.elsewhere = await store.elsewhere();
  app.panel = (await store.get('setting', 'panel')) ?? null;
  app.chosen = (await store.get('setting', 'chosen')) ?? null;
  const month = await store.get('setting', 'month');
  app.data = month ? (await store.get('month', month)) ?? null : null;
  addEventListener('hashchange', () => route());
  addEventListener('online', refresh);
  // Whoever goes back to the page that was left finds out who is logged in.
  addEventListener('pageshow', (event) => event.persisted && (app.leaving ? location.reload() : givesWay()));
  addEventListener('storage', givesWay);
  addEventListener('offline', () => app.sync.tell());
  document.addEventListener('visibilitychange', () => document.hidden || givesWay() || refresh());
  document.querySelector('#sync-now').addEventListener('click', async () => {
    await app.sync.run(() => true);
    await refresh();
  });
  if (app.data) await route();
  app.sync.tell();
  withoutSignal();
  await refresh();
  await sweep(begun).catch((error) => console.error('something that nobody needs stays on this phone', error));
}

start();
