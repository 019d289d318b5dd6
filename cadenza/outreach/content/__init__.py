"""What is written: templates in Liquid and MJML, checked when saved, compiled once, rendered for each person."""
