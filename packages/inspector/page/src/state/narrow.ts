import { signal } from "@preact/signals";

const query = matchMedia("(max-width: 760px)");

/** The page is as narrow as that of a telephone: what stands side by side stands below each other. */
export const narrow = signal(query.matches);
query.addEventListener("change", ({ matches }) => {
  narrow.value = matches;
});
