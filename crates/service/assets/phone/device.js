// Who was logged in last in this browser. Without signal nobody else tells: the page that is kept looks here before it
// shows anything. It is a number that says nothing to whoever finds it.

const NAME = 'jifen-account';

/** Leaves word of who is logged in. */
export function noteAccount(account) {
  try {
    localStorage.setItem(NAME, account);
  } catch {
    // Where nothing can be kept, no page is kept either.
  }
}

/** Whether somebody else has been logged in here since. */
export function isAnothers(account) {
  try {
    const last = localStorage.getItem(NAME);
    return last !== null && last !== account;
  } catch {
    return false;
  }
}
