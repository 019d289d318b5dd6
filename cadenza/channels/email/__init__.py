"""The e-mail channel: mails as bytes, signed, handed to a mail server or to the built-in mailbox."""
