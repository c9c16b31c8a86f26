"""Messages to people, each sent once per cause. E-mail today; SMS and the app come behind the same send()."""
