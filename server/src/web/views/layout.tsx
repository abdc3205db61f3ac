/** The frame of every page: skip link, header with the lists, main, footer. */
import type { FastifyReply } from "fastify";
import type { ComponentChildren, VNode } from "preact";
import { VERSION } from "../../config/version.ts";
import { STATUSES, type Status } from "../../service/report/selection.ts";
import { useCurrentUser } from "../http/current-user.ts";
import { THEMES, useFrame } from "../http/frame.ts";
import { sendPage } from "../http/send.ts";
import {
  ACTIVITY_PATH,
  ALERTS_PATH,
  actionUrl,
  LOGOUT_PATH,
  listPath,
  METHOD_PATH,
  SEARCH_PATH,
  THEME_PATH,
} from "../http/urls.ts";
import { count } from "./ui/format.ts";
import { CsrfField, HiddenFields } from "./ui/hidden-fields.tsx";

const LIST_LABELS: Readonly<Record<Status, string>> = {
  active: "Active",
  paused: "Paused",
  archived: "Archived",
  all: "All",
};

const THEME_LABELS = { auto: "Auto", light: "Light", dark: "Dark" } as const;

export interface Screen {
  readonly title: string;
  readonly content: VNode;
}

/** Answers with a page that has a title and no further settings. */
export async function sendScreen(
  reply: FastifyReply,
  status: number,
  { title, content }: Screen,
): Promise<FastifyReply> {
  return sendPage(reply, status, <Layout title={title}>{content}</Layout>);
}

interface LayoutProps {
  readonly title: string;
  /** The list that is shown, to mark it in the navigation. */
  readonly list?: Status | undefined;
  /** The thing whose changes reload the live parts of this page: see `routes/event-stream.ts`. */
  readonly watch?: string | undefined;
  /** Beside the heading. */
  readonly aside?: ComponentChildren;
  readonly children: ComponentChildren;
}

export function Layout({ title, list, watch, aside, children }: LayoutProps) {
  const { theme, assets } = useFrame();
  const { style, script } = assets;
  return (
    <html lang="en" data-theme={theme}>
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content={theme === "auto" ? "light dark" : theme} />
        <title>{`${title} · Sixpack`}</title>
        {style === undefined ? null : <link rel="stylesheet" href={style} />}
        {script === undefined ? null : <script type="module" src={script} />}
      </head>
      <body data-watch={watch} data-root="/">
        <a class="skip" href="#main">
          Skip to content
        </a>
        <Header list={list} />
        <main id="main" class="wrap">
          <Notices />
          <div class="page-head">
            <h1>{title}</h1>
            {aside}
          </div>
          {children}
        </main>
        <Footer />
      </body>
    </html>
  );
}

function Header({ list }: { readonly list: Status | undefined }) {
  // People who have not logged in see no counts.
  const { unknown, isGuest } = useCurrentUser();
  if (isGuest) {
    return (
      <header class="top">
        <div class="wrap">
          <span class="wordmark">
            <Logo />
            Sixpack
          </span>
        </div>
      </header>
    );
  }
  return (
    <header class="top">
      <div class="wrap">
        <a class="wordmark" href="/">
          <Logo />
          Sixpack
        </a>
        {unknown ? null : <Lists list={list} />}
        <div class="top-end">
          {unknown ? null : (
            <>
              <a class="quiet-link" href={SEARCH_PATH} data-palette>
                Search
                <span class="slash" aria-hidden="true">
                  /
                </span>
              </a>
              <a class="quiet-link" href={ACTIVITY_PATH}>
                Activity
              </a>
              <a class="quiet-link" href={ALERTS_PATH}>
                Alerts
              </a>
            </>
          )}
          <UserBar />
        </div>
      </div>
    </header>
  );
}

function Lists({ list }: { readonly list: Status | undefined }) {
  const { counts } = useFrame();
  return (
    <nav aria-label="Experiments">
      <ul class="tabs" id="tabs">
        {STATUSES.map((status) => (
          <li key={status}>
            <a href={listPath(status)} aria-current={status === list ? "page" : undefined}>
              {LIST_LABELS[status]}
              {counts === undefined ? null : <span class="tally">{count(counts[status])}</span>}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}

/** Six cans from above, one of them chosen. */
function Logo() {
  return (
    <svg viewBox="0 0 18 26" aria-hidden="true">
      {[4.5, 13.5].flatMap((x) =>
        [4.5, 13, 21.5].map((y) => (
          <circle key={`${x} ${y}`} cx={x} cy={y} r="3.6" class={x > 9 && y < 9 ? "can-chosen" : "can"} />
        )),
      )}
    </svg>
  );
}

function ThemeSwitch() {
  const { path, theme: current } = useFrame();
  return (
    <form method="post" action={THEME_PATH}>
      <CsrfField />
      <input type="hidden" name="back" value={path} />
      <fieldset class="switch">
        <legend class="hidden">Theme</legend>
        {THEMES.map((theme) => (
          <button key={theme} type="submit" name="theme" value={theme} aria-pressed={theme === current}>
            {THEME_LABELS[theme]}
          </button>
        ))}
      </fieldset>
    </form>
  );
}

function Footer() {
  const { storage } = useFrame();
  const { unknown, isGuest } = useCurrentUser();
  if (isGuest) return null;
  return (
    <footer class="bottom">
      <div class="wrap">
        {unknown ? null : (
          <>
            <span>Sixpack {VERSION}</span>
            <span>{storage}</span>
            <span>95% intervals of uplifts, valid however often you look</span>
            <a href={METHOD_PATH}>How the numbers are made</a>
          </>
        )}
        <ThemeSwitch />
      </div>
    </footer>
  );
}

/** For the header: the name, and the way out. Nothing where nobody logs in. */
function UserBar() {
  const { name, role, canLogOut } = useCurrentUser();
  if (name === null) return null;
  return (
    <div class="visitor">
      <span class="visitor-name">{name}</span>
      <span class="muted small">{role}</span>
      {canLogOut ? (
        <form method="post" action={LOGOUT_PATH}>
          <CsrfField />
          <button type="submit">Log out</button>
        </form>
      ) : null}
    </div>
  );
}

/** For the top of `main`. */
function Notices() {
  const { openToAll, unknown } = useCurrentUser();
  return (
    <>
      {openToAll ? (
        <p class="notice notice-warning" role="note">
          <strong>Open to everybody.</strong> Whoever reaches this address can change and delete experiments. Set{" "}
          <code>auth: password</code> to ask for a login.
        </p>
      ) : null}
      {unknown ? null : <FlashNotice />}
    </>
  );
}

function FlashNotice() {
  const flash = useCurrentUser().takeFlash();
  if (flash === undefined) return null;
  const { text, undo } = flash;
  return (
    <div class="notice notice-done" role="status">
      <p>{text}</p>
      {undo === null ? null : (
        <form method="post" action={undo.experiment === null ? undo.action : actionUrl(undo.experiment, undo.action)}>
          <CsrfField />
          <HiddenFields fields={undo.fields} />
          <button type="submit">{undo.label}</button>
        </form>
      )}
    </div>
  );
}
