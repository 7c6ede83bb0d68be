// The clock of this process, which a test moves to make tokens expire.
const now = Date.now.bind(Date);
let offsetMs = 0;
Date.now = () => now() + offsetMs;

/** The time without the offset. */
export const realNow = now;

/** Sets the offset; a negative one makes what is issued now look old. */
export const shiftClock = (seconds) => { offsetMs = seconds * 1000; };
