/** Links that open one report without a login: made, copied, revoked. */
import { useEffect, useState } from 'preact/hooks';
import { api } from './api.js';
import { absoluteTime, ago, toMs } from './format.js';
import { CopyButton, Dialog, toastError } from './ui.jsx';

/** @param {{report: any, onClose: () => void}} props */
export function ShareDialog({ report, onClose }) {
	const [shares, setShares] = useState(/** @type {{id: string, created_at: string, expires_at: string}[]|undefined} */ (undefined));
	const [made, setMade] = useState(/** @type {{id: string, url: string}|undefined} */ (undefined));
	const [days, setDays] = useState('7');
	const [busy, setBusy] = useState(false);
	const load = async () => { try { setShares((await api.shares(report.id)).shares); } catch (error) { toastError('The links could not be listed.', error); } };
	useEffect(() => { load(); }, []);
	/** @param {() => Promise<unknown>} act @param {string} failure */
	const run = async (act, failure) => {
		setBusy(true);
		try { await act(); await load(); } catch (error) { toastError(failure, error); }
		setBusy(false);
	};
	return <Dialog title={`Share report #${report.number}`} onClose={onClose}>
		<div class="share">
			<p>Whoever has the link can read this report, with its replay, pictures and logs, without a login. It opens nothing else and changes nothing.</p>
			<form onSubmit={(event) => { event.preventDefault(); run(async () => setMade(await api.addShare(report.id, Number(days))), 'No link was made.'); }}>
				<label>Works for <select value={days} onChange={(event) => setDays(event.currentTarget.value)}><option value="1">1 day</option><option value="7">7 days</option><option value="30">30 days</option></select></label>
				<button class="button primary" disabled={busy}>Make a link</button>
			</form>
			{made && <div class="callout" role="status"><p><b>Copy this link now.</b> It is not shown again.</p><div class="key-line"><code>{made.url}</code><CopyButton text={made.url} what="link" /></div></div>}
			<h3>Links that work</h3>
			<ul role="list" class="keys-list">{(shares ?? []).map((it) => <li key={it.id}>
				<span>Made {ago(toMs(it.created_at), Date.now())}{made?.id === it.id ? ', the one above' : ''}</span>
				<span class="none">until <time dateTime={it.expires_at}>{absoluteTime(toMs(it.expires_at))}</time></span>
				<button type="button" class="button small" disabled={busy} onClick={() => run(async () => { await api.removeShare(report.id, it.id); if (made?.id === it.id) setMade(undefined); }, 'The link still works.')}>Revoke</button>
			</li>)}
				{shares && !shares.length && <li class="none">None. Only people who can sign in see this report.</li>}</ul>
		</div>
	</Dialog>;
}
