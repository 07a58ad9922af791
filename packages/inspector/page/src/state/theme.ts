import { effect, signal } from "@preact/signals";

export type Theme = "auto" | "light" | "dark";

const key = "reeve.inspector.theme";
const order: readonly Theme[] = ["auto", "light", "dark"];

export const theme = signal<Theme>(order.find((one) => one === localStorage.getItem(key)) ?? "auto");

effect(() => {
  localStorage.setItem(key, theme.value);
  if (theme.value === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme.value;
});

export function nextTheme(): void {
  theme.value = order[(order.indexOf(theme.value) + 1) % order.length]!;
}
