/** With `REEVE_LONG=1` a test takes everything there is and all the time that its table says; otherwise just enough to show. */
export const long = process.env.REEVE_LONG === "1";
