const key = "reeve.inspector.token";

/** The token of the address that was opened, taken out of the address bar; after a reload the one from before. */
export function takeToken(): string {
  const given = new URLSearchParams(location.hash.slice(1)).get("token");
  if (given) {
    sessionStorage.setItem(key, given);
    history.replaceState(null, "", "#/");
  }
  return sessionStorage.getItem(key) ?? "";
}
