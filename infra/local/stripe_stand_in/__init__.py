"""A stand-in for the part of Stripe that Atrium uses: real HTTP, real signatures, no money.

    python -m infra.local.stripe_stand_in --port 12111 --webhooks http://localhost:8000/webhooks/stripe/ --folder DIR

Standard library only, loopback only, test keys only. It answers the official SDK (`base_addresses={"api": …}`), shows
a checkout page that a browser can pay on, and delivers signed events. What it was told survives a restart.

Where it is kinder than Stripe: an account may take charges from the moment it is made, because a test account proves
no identity; and money "arrives" at once.
"""
