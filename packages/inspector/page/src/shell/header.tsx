import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { hostPanelIds } from "../state/host-panels.ts";
import { fleet, giveToken, link, token } from "../state/page.ts";
import { filterOf, linkTo, type Route, route } from "../state/route.ts";
import { nextTheme, theme } from "../state/theme.ts";
import { Mark } from "./icons.tsx";
import { LinkLight } from "./link-light.tsx";

interface Tab {
  readonly href: string;
  readonly label: string;
  readonly isOn: (route: Route) => boolean;
}

const themeNames = { auto: "System", light: "Light", dark: "Dark" };

export function Header(): JSX.Element {
  fleet.revision.value;
  const here = route.value;
  const views = useRef<HTMLElement>(null);
  // Where the tabs scroll, the one that is on is seen.
  useEffect(() => {
    if (views.current) bringIntoSight(views.current);
  }, [here]);
  return (
    <header class="header">
      <a class="brand" href={linkTo.overview}>
        <Mark />
        <span class="brand-name">Reeve</span>
      </a>
      <nav class="tabs" aria-label="Views" ref={views}>
        {tabs().map(({ href, label, isOn }) => (
          <a key={href} class="tab" href={href} aria-current={isOn(here) ? "page" : undefined}>
            {label}
          </a>
        ))}
      </nav>
      <div class="header-end">
        <LinkLight />
        <a
          class="quiet-button stately-link"
          href={`/stately#token=${encodeURIComponent(token.value)}`}
          target="_blank"
          rel="noreferrer"
          title="Open the official Stately inspector. It asks first: data would leave this machine."
        >
          Stately ↗
        </a>
        <button
          type="button"
          class="quiet-button"
          onClick={nextTheme}
          title="Change between system, light and dark colours"
        >
          <span class="visually-hidden">Colours: </span>
          {themeNames[theme.value]}
        </button>
      </div>
    </header>
  );
}

/** Not with `scrollIntoView`: the keyboard would go on from there. */
function bringIntoSight(views: HTMLElement): void {
  const tab = views.querySelector("[aria-current]")?.getBoundingClientRect();
  const box = views.getBoundingClientRect();
  if (tab) views.scrollLeft += Math.max(0, tab.right - box.right) - Math.max(0, box.left - tab.left);
}

function giveIt(event: Event): void {
  event.preventDefault();
  giveToken(String(new FormData(event.currentTarget as HTMLFormElement).get("token")));
}

/** These views have the id of a request in what they show. */
const findingPages: readonly Route["page"][] = ["messages", "calls", "work", "logs", "operations"];

/** Who looks for a request goes on looking for it. */
function keepingFind(href: string): string {
  const find = filterOf("find");
  return find !== "" && findingPages.includes(route.value.page) ? `${href}?${new URLSearchParams({ find })}` : href;
}

function tabs(): readonly Tab[] {
  return [
    { href: linkTo.overview, label: "Overview", isOn: ({ page }) => page === "overview" || page === "manager" },
    { href: keepingFind(linkTo.messages), label: "Messages", isOn: ({ page }) => page === "messages" },
    { href: keepingFind(linkTo.calls), label: "Calls", isOn: ({ page }) => page === "calls" },
    { href: linkTo.latency, label: "Latency", isOn: ({ page }) => page === "latency" },
    { href: keepingFind(linkTo.work), label: "Work", isOn: ({ page }) => page === "work" },
    { href: keepingFind(linkTo.logs), label: "Logs", isOn: ({ page }) => page === "logs" },
    { href: linkTo.hosts, label: "Hosts", isOn: ({ page }) => page === "hosts" },
    { href: keepingFind(linkTo.operations), label: "Operations", isOn: ({ page }) => page === "operations" },
    ...fleet
      .panels()
      .filter(({ id }) => !hostPanelIds.includes(id))
      .map(({ id, title }) => ({
        href: linkTo.panel(id),
        label: title,
        isOn: (here: Route) => here.page === "panel" && here.id === id,
      })),
  ];
}

/** Above everything while what is shown may be out of date. */
export function LinkBanner(): JSX.Element | null {
  const state = link.state.value;
  if (state.is !== "refused") return null;
  return (
    <div class="banner tone-bad" role="alert">
      <strong>Not let in.</strong> {state.message}
      <form class="token-form" onSubmit={giveIt}>
        <label>
          Token <input class="field" name="token" type="password" autocomplete="off" required />
        </label>
        <button type="submit" class="button">
          Let me in
        </button>
      </form>
    </div>
  );
}
