/** Signing in. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { api } from './api.js';
import { Icon } from './ui.jsx';
import icon from './icon.svg';

/** @param {{onDone: () => Promise<void>}} props */
export function Login({ onDone }) {
	const [busy, setBusy] = useState(false);
	const [problem, setProblem] = useState('');
	const password = useRef(/** @type {HTMLInputElement|null} */ (null));
	useEffect(() => { document.title = 'Sign in · Rearview'; }, []);

	/** @param {SubmitEvent} event */
	const submit = async (event) => {
		event.preventDefault();
		const data = new FormData(/** @type {HTMLFormElement} */ (event.currentTarget));
		const name = String(data.get('name') ?? '').trim(), secret = String(data.get('password') ?? '');
		if (!name || !secret) { setProblem('Enter the name and the password.'); return; }
		setBusy(true);
		setProblem('');
		try {
			await api.login(name, secret);
			await onDone();
		} catch (error) {
			const failure = /** @type {import('./api.js').ApiError} */ (error);
			setProblem(failure.status === 401 ? 'That name and password do not go together.' : failure.message);
			password.current?.select();
			password.current?.focus();
		} finally { setBusy(false); }
	};

	return <main class="center login">
		<form class="card" method="post" onSubmit={submit} aria-labelledby="login-title">
			<img src={icon} alt="" width="40" height="40" />
			<h1 id="login-title">Sign in to Rearview</h1>
			<label class="field"><span>Name</span><input name="name" autocomplete="username" autocapitalize="none" spellcheck={false} autofocus required aria-invalid={problem ? true : undefined} aria-describedby="login-problem" /></label>
			<label class="field"><span>Password</span><input ref={password} name="password" type="password" autocomplete="current-password" required aria-invalid={problem ? true : undefined} aria-describedby="login-problem" /></label>
			<p id="login-problem" class="problem" role="alert">{problem && <><Icon name="error" />{problem}</>}</p>
			<button class="button primary wide" disabled={busy}>{busy ? 'Signing in…' : 'Sign in'}</button>
			<p class="hint">The first login is printed when the collector starts for the first time, and kept in first-login.txt in its data folder.</p>
		</form>
	</main>;
}
