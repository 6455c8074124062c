/** The console's frame: who is signed in, the top bar, which page is shown. Pages but the list load when they are opened. */
import { render } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { api, whenSignedOut } from './api.js';
import { Login } from './login.jsx';
import { absoluteTime } from './format.js';
import { ReportList } from './list.jsx';
import { navigate, route, useKept, useKeys, useStore } from './store.js';
import { Dialog, Empty, Failure, Icon, Menu, Toasts, followLink, toastError } from './ui.jsx';
import icon from './icon.svg';
import '../tokens.css';
import './base.css';
import './pages.css';
import './report.css';

/** @typedef {import('./api.js').Workspace} Workspace */
/** @typedef {{user: {name: string}, workspaces: Workspace[]}} Session */

/** @type {Record<string, [string, string][]>} */
const KEYS = {
	Everywhere: [['?', 'These keys'], ['g', 'Reports'], ['s', 'Settings']],
	'Report list': [['j k', 'Next, previous report'], ['Enter', 'Open the report'], ['/', 'Search'], ['Esc', 'Leave the search']],
	Report: [['Space', 'Play, pause'], ['← →', '5 seconds back, forward'], ['[ ]', 'Previous, next event'], ['1 2 3 4', 'Speed 1, 2, 4, 8 ×'], ['i', 'Skip idle parts, or not'], ['u', 'Back to the list']],
};

/**
 * A page whose code arrives when it is first needed.
 * @template {Record<string, unknown>} P
 * @param {{load: () => Promise<(props: P) => any>, props: P}} input
 */
function Later({ load, props }) {
	const [state, setState] = useState(/** @type {{Page?: (props: P) => any, error?: unknown}} */ ({}));
	const fetchPage = () => { setState({}); load().then((Page) => setState({ Page }), (error) => setState({ error })); };
	useEffect(fetchPage, []);
	if (state.error) return <Failure title="This page could not be loaded" error="A part of the console is missing, perhaps because it was just updated." safe="Nothing was changed." retry={() => location.reload()} />;
	return state.Page ? <state.Page {...props} /> : <div class="page-wait" aria-busy="true" />;
}

const loadReport = () => import('./report.jsx').then((module) => module.ReportPage);
const loadInstall = () => import('./settings.jsx').then((module) => module.InstallPage);
const loadVerify = () => import('./verify.jsx').then((module) => module.VerifyPage);
const loadSettings = () => import('./settings.jsx').then((module) => module.SettingsPage);

function Keys({ onClose = () => {} }) {
	return <Dialog title="Keyboard" onClose={onClose}>
		<div class="keys">{Object.entries(KEYS).map(([where, keys]) => <section key={where}>
			<h3>{where}</h3>
			<dl>{keys.map(([key, what]) => <div key={key}><dt>{key.split(' ').map((one) => <kbd key={one}>{one}</kbd>)}</dt><dd>{what}</dd></div>)}</dl>
		</section>)}</div>
	</Dialog>;
}

/** @param {{session: Session, workspace: Workspace|undefined, setWorkspace: (id: string) => void, path: string, onKeys: () => void, signOut: () => void}} props */
function TopBar({ session, workspace, setWorkspace, path, onKeys, signOut }) {
	/** @param {string} to @param {boolean} on @param {string} label */
	const link = (to, on, label) => <a href={to} aria-current={on ? 'page' : undefined} onClick={followLink}>{label}</a>;
	return <header class="top">
		<a class="brand" href="/" onClick={followLink}><img src={icon} alt="Rearview" width="24" height="24" /><span aria-hidden="true">Rearview</span></a>
		{session.workspaces.length > 1
			? <label class="workspace"><span class="visually-hidden">Workspace</span>
				<select value={workspace?.id} onChange={(event) => setWorkspace(event.currentTarget.value)}>{session.workspaces.map((it) => <option key={it.id} value={it.id}>{it.name}</option>)}</select></label>
			: workspace && <span class="workspace" title={workspace.name}>{workspace.name}</span>}
		<nav aria-label="Main">{link('/', path === '/' || path.startsWith('/r/'), 'Reports')}{link('/install', path === '/install' || path === '/verify', 'Install')}{link('/settings', path === '/settings', 'Settings')}</nav>
		<div class="top-end">
			<button class="button icon-only quiet" onClick={onKeys} title="Keyboard (?)" aria-label="Keyboard shortcuts"><Icon name="keys" /></button>
			<Menu class="button quiet" name="Your login" label={<><Icon name="user" /><span class="top-user">{session.user.name}</span></>}>
				<button onClick={signOut}>Sign out</button>
			</Menu>
		</div>
	</header>;
}

/** What a link opens: one report, to be read. @param {{token: string}} props */
function Shared({ token }) {
	const [share, setShare] = useState(/** @type {{report_id: string, expires_at: string}|undefined} */ (undefined));
	const [error, setError] = useState(/** @type {any} */ (undefined));
	const load = () => { setError(undefined); api.share(token).then(setShare, setError); };
	useEffect(load, []);
	return <>
		<header class="top"><span class="brand"><img src={icon} alt="Rearview" width="24" height="24" /><span aria-hidden="true">Rearview</span></span>
			<p class="top-shared">{share && <>Shared with you until <time dateTime={share.expires_at}>{absoluteTime(Date.parse(share.expires_at))}</time></>}</p></header>
		<main id="main" tabIndex={-1} class="page-report">
			{error ? error.status === 404 ? <Empty icon="search" title="This link does not work any more"><p>It was revoked, its time is over, or the report was deleted. Ask whoever sent it for a new one.</p></Empty> : <Failure title="The report could not be opened" error={error} retry={load} />
				: share ? <Later load={loadReport} props={{ id: share.report_id, shared: true }} /> : <div class="page-wait" aria-busy="true" />}
		</main>
		<Toasts />
	</>;
}

function App() {
	const { path, query } = useStore(route, (value) => value);
	const [session, setSession] = useState(/** @type {Session|undefined} */ (undefined));
	const [failure, setFailure] = useState(/** @type {unknown} */ (undefined));
	const [keysOpen, setKeysOpen] = useState(false);
	const [kept, setKept] = useKept('workspace', '');
	const main = useRef(/** @type {HTMLElement|null} */ (null));

	const start = async () => {
		setFailure(undefined);
		try {
			const { user } = await api.me();
			const { workspaces } = await api.workspaces();
			setSession({ user, workspaces });
			if (location.pathname === '/login') navigate(nextPage(), { replace: true });
		} catch (error) {
			if (/** @type {any} */ (error).status === 401) toLogin(); else setFailure(error);
		}
	};
	const shared = path.match(/^\/s\/([^/]+)\/?$/)?.[1];
	useEffect(() => {
		if (shared) return;
		whenSignedOut(() => { setSession(undefined); toLogin(); });
		if (location.pathname !== '/login') start();
	}, []);

	const before = useRef(path);
	useEffect(() => {
		if (before.current === path) return;
		before.current = path;
		if (!main.current?.contains(document.activeElement)) main.current?.focus({ preventScroll: true });
	}, [path]);

	useKeys({
		'?': () => { if (session) setKeysOpen(true); },
		g: () => { if (session) navigate('/'); },
		s: () => { if (session) navigate('/settings'); },
	});

	const signOut = async () => {
		try { await api.logout(); setSession(undefined); navigate('/login'); } catch (error) { toastError('You are still signed in.', error); }
	};

	if (shared) return <Shared token={shared} />;
	if (path === '/login') return <><Login onDone={start} /><Toasts /></>;
	if (failure) return <main class="center"><Failure title="The console could not start" error={failure} retry={start} /></main>;
	const workspace = session?.workspaces.find((it) => it.id === kept) ?? session?.workspaces[0];
	const report = path.match(/^\/r\/([^/]+)\/?$/)?.[1];
	return <>
		<a class="skip-link" href="#main" onClick={(event) => { event.preventDefault(); main.current?.focus(); }}>To the content</a>
		{session ? <TopBar session={session} workspace={workspace} setWorkspace={setKept} path={path} onKeys={() => setKeysOpen(true)} signOut={signOut} /> : <header class="top" aria-hidden="true" />}
		<main id="main" ref={main} tabIndex={-1} class={report ? 'page-report' : ''}>
			{!session ? null
				: report ? <Later key={report} load={loadReport} props={{ id: decodeURIComponent(report) }} />
				: path === '/settings' && workspace ? <Later key={`settings-${workspace.id}`} load={loadSettings} props={{ workspace }} />
				: path === '/install' && workspace ? <Later key={`install-${workspace.id}`} load={loadInstall} props={{ workspace }} />
				: path === '/verify' && workspace ? <Later key={`verify-${workspace.id}`} load={loadVerify} props={{ workspace }} />
				: path === '/' && workspace ? <ReportList key={workspace.id} workspace={workspace} query={query} />
				: path === '/' || path === '/settings' || path === '/install' || path === '/verify' ? <Empty title="There is no workspace yet"><p>Make one on the machine that runs the collector, then reload this page:</p><pre class="one-line">rearviewd workspace add --name "My site"</pre></Empty>
				: <Empty icon="search" title="There is nothing at this address"><p><a href="/" onClick={followLink}>Go to the reports</a></p></Empty>}
		</main>
		<Toasts />
		{keysOpen && <Keys onClose={() => setKeysOpen(false)} />}
	</>;
}

/** Where to go after signing in: a path of this console, nothing else. */
function nextPage() {
	const next = new URLSearchParams(location.search).get('next') ?? '/';
	return /^\/(?![/\\])/.test(next) && !next.startsWith('/login') ? next : '/';
}

function toLogin() {
	if (location.pathname === '/login') return;
	const from = location.pathname + location.search;
	navigate(from === '/' ? '/login' : `/login?next=${encodeURIComponent(from)}`, { replace: true });
}

render(<App />, /** @type {HTMLElement} */ (document.getElementById('app')));
