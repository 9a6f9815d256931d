// The scoring page of a phone: what there is to show, where one is, and when to send.

import { h, tell } from './dom.js';
import { showHouse } from './house.js';
import { showList } from './list.js';
import { Queue } from './queue.js';
import { withReceipt } from './sheets.js';
import { openStore } from './store.js';
import { Sync } from './sync.js';

const { account, place, token } = document.body.dataset;

const app = {
  identity: { account, place, token },
  data: null, problem: '', panel: null, tab: '', search: '', lateReason: '', addresses: [],
  /** Goes to a page, also to the one that is shown. */
  go(hash) {
    if (location.hash === hash) route();
    else location.hash = hash;
  },
};

function route(still = false) {
  const house = /^#\/h\/([0-9]+)$/.exec(location.hash);
  return house ? showHouse(app, house[1]) : showList(app, still);
}

const isList = () => !location.hash.startsWith('#/h/');

/** Fetches the month that is scored now, and keeps it for when there is no signal. */
async function refresh() {
  await app.sync.run();
  const { data, problem } = await app.sync.month('current');
  if (problem) app.problem = problem;
  const isFirst = !app.data;
  if (data) {
    const older = (await app.store.ids('month')).filter((month) => month !== data.month);
    app.data = { ...data, fetched_at: Date.now() };
    await app.store.change([['month', data.month, app.data], ['setting', 'month', data.month]], older.map((month) => ['month', month]));
  }
  // A house that somebody is filling in stays as it is.
  if (isList() || isFirst) await route(!isFirst);
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
  document.querySelector('#log-in').hidden = state !== 'login';
  document.querySelector('#sync-now').textContent = state === 'synced' ? '刷新' : '立即上传';
  const pending = document.querySelector('#count-pending');
  if (pending) pending.textContent = `${app.queue.sheets.length}`;
}

async function received(sheet, receipt) {
  if (app.data) {
    app.data = withReceipt(app.data, sheet, receipt);
    await app.store.put('month', app.data.month, app.data);
  }
  if (receipt.outcome !== 'entered' && receipt.outcome !== 'same') {
    const house = app.data?.households.find((one) => one.code === sheet.household_code);
    const name = house ? `${house.number} ${house.head_name}` : sheet.household_code;
    tell(`${name}：${receipt.message}`, 'problem', h('a', { href: `#/h/${sheet.household_code}` }, '查看'));
  }
  redraw();
}

/** Before somebody leaves: what is not sent stays here, sealed, and the page itself goes. */
async function leave(event) {
  event.preventDefault();
  const waiting = app.queue?.sheets.length ?? 0;
  const words = `还有 ${waiting} 份没有上传。它们留在本机，只有您自己再登录才看得到和上传。现在退出吗？`;
  if (waiting > 0 && !confirm(words)) return;
  await forgetPage();
  event.target.submit();
}

/** Drops the page from the caches: it names who was logged in. */
async function forgetPage() {
  if (!globalThis.caches) return;
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name.startsWith('phone-')).map((name) => caches.delete(name)));
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

async function start() {
  document.querySelector('#log-out').addEventListener('submit', leave);
  try {
    app.store = await openStore(account, place);
  } catch {
    app.problem = '这个浏览器不能在本机保存：请用 https 开头的网址，不要用无痕模式，或换一个浏览器。';
    document.querySelector('#page').textContent = app.problem;
    return;
  }
  app.queue = new Queue(app.store);
  const { identity, store, queue } = app;
  app.sync = new Sync({ store, queue, identity, onState: showState, onReceipt: received, onRetry: refresh });
  await queue.load();
  app.panel = (await store.get('setting', 'panel')) ?? null;
  const month = await store.get('setting', 'month');
  app.data = month ? (await store.get('month', month)) ?? null : null;
  addEventListener('hashchange', () => route());
  addEventListener('online', refresh);
  addEventListener('offline', () => app.sync.tell());
  document.addEventListener('visibilitychange', () => document.hidden || refresh());
  document.querySelector('#sync-now').addEventListener('click', async () => {
    await app.sync.run(true);
    await refresh();
  });
  if (app.data) await route();
  app.sync.tell();
  withoutSignal();
  await refresh();
}

start();
