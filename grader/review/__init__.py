"""The web application in which people grade their half: by question, in groups, beside what the machine found."""
