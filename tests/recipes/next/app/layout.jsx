import { RearviewProvider } from 'rearview/react';

export const metadata = { title: 'Recipe' };

export default function Layout({ children }) {
	return (
		<html lang="en">
			<body>
				<RearviewProvider projectKey={process.env.NEXT_PUBLIC_KEY} endpoint={process.env.NEXT_PUBLIC_ENDPOINT}>{children}</RearviewProvider>
			</body>
		</html>
	);
}
