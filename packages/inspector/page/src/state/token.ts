const key = "reeve.inspector.token";

/** The token of the address that was opened, taken out of the address bar; else the one that was given to this origin before. */
export function takeToken(): string {
  const given = new URLSearchParams(location.hash.slice(1)).get("token");
  if (given) {
    keepToken(given);
    history.replaceState(null, "", "#/");
  }
  return localStorage.getItem(key) ?? "";
}

/** For every page of this origin, also one that is opened later. */
export function keepToken(token: string): void {
  localStorage.setItem(key, token);
}
