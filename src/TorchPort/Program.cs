using System.CommandLine;
using System.CommandLine.Help;
using System.Globalization;
using TorchPort;
using TorchSharp;

var device = CommandLine.Device("auto, cpu, cuda or cuda:N; auto takes CUDA when the build carries it and a GPU answers");
var cell = new Option<int?>("--cell")
{
    Description = "run only In [2] or only In [3] [default: both, in order]",
    HelpName = "2|3",
    CustomParser = given => CommandLine.Text(given) switch
    {
        "2" => 2,
        "3" => 3,
        _ => CommandLine.Reject<int?>(given, "2 or 3"),
    },
};
var epochs = new Option<int?>("--epochs")
{
    Description = $"the notebook's nb_epochs, from 0 to {int.MaxValue - 1} [default: 10]",
    HelpName = "N",
    CustomParser = given =>
        int.TryParse(CommandLine.Text(given), NumberStyles.None, CultureInfo.InvariantCulture, out var value)
        && value < int.MaxValue
            ? value
            : CommandLine.Reject<int?>(given, $"a whole number from 0 to {int.MaxValue - 1}"),
};
var lr = CommandLine.LearningRate(
    "the learning rate of the cells that run, finite and not negative [default: 0.1 in In [2], 0.15 in In [3]]");
var exact = CommandLine.Flag(
    "--exact", "print every float with up to nine significant digits, which tell any two float32 apart");
var version = CommandLine.Flag("--version", "show the versions of TorchPort, TorchSharp and libtorch, and this build's backend");

const string Purpose = "Gradient descent for H(x) = Wx, as gradient-descent.ipynb does it: by hand, then with optim.SGD.";
var command = new Command("TorchPort", Purpose)
{
    device, cell, epochs, lr, exact, version, new HelpOption(),
};
command.SetAction(Run);
return CommandLine.Run(command, args, failed: 1, readerLeft: 0);

int Run(ParseResult options)
{
    var stdout = options.InvocationConfiguration.Output;
    if (options.GetValue(version))
    {
        stdout.WriteLine($"TorchPort {Backend.VersionOf<Notebook>()}, {Backend.Versions}");
        return 0;
    }

    Backend.Load();
    torch.set_default_device(DeviceChoice.Choose(options.GetValue(device)!));
    Stderr.Say($"Running on {torch.get_default_device()}");

    var format = new PythonFormat(options.GetValue(exact));
    var notebook = new Notebook(line => stdout.WriteLine(line.ToString(format)), options.GetValue(epochs), options.GetValue(lr));
    using var scope = torch.NewDisposeScope();
    notebook.In1_DummyData();
    if (options.GetValue(cell) is null or 2)
    {
        CellError.Explain(2, notebook.In2_FullCode);
    }

    if (options.GetValue(cell) is null or 3)
    {
        CellError.Explain(3, notebook.In3_FullCodeWithTorchOptim);
    }

    return 0;
}
