"""The commands that change something: each runs the playbook of the same name of the collection stackward.ops."""
