"""`python -m hitl_desktop`."""

from hitl_desktop.cli import main

if __name__ == "__main__":
    main()
