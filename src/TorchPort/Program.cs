using System.CommandLine;
using System.CommandLine.Help;
using TorchPort;
using TorchSharp;
using static TorchPort.CommandLine;

const int MaxEpochs = int.MaxValue - 1;
var device = CreateDeviceOption($"{DeviceSelector.Syntax}; auto uses CUDA if this build includes it and a GPU answers");
var cell = CreateNumberOption("--cell", "2|3", "run only In [2] or only In [3] [default: both, in order]",
    expected: "2 or 3", min: 2, max: 3);
var epochs = CreateNumberOption("--epochs", "N", $"the notebook's nb_epochs, from 0 to {MaxEpochs} [default: 10]",
    expected: $"a whole number from 0 to {MaxEpochs}", min: 0, max: MaxEpochs);
var lr = CreateLearningRateOption("the learning rate, finite and not negative [default: 0.1 in In [2], 0.15 in In [3]]");
var exact = CreateFlag("--exact", "print every float with up to nine significant digits, which tell any two float32 apart");
var version = new VersionOption { Description = "show the versions of TorchPort, TorchSharp and libtorch, and the backend" };

const string CommandDescription = "Gradient descent for H(x) = Wx, as gradient-descent.ipynb does it: by hand, then with optim.SGD.";
var command = new Command("TorchPort", CommandDescription) { device, cell, epochs, lr, exact, version, new HelpOption() };
command.SetAction(RunCells);
return Run(command, args, failureExitCode: 1, brokenPipeExitCode: 0);

void RunCells(ParseResult parseResult)
{
    DeviceSelector.SetDefaultDevice(parseResult.GetValue(device)!);
    StandardStreams.WriteError($"Running on {torch.get_default_device()}");

    var stdout = parseResult.InvocationConfiguration.Output;
    var format = new PythonFormat(parseResult.GetValue(exact));
    var notebook = new Notebook(line => stdout.WriteLine(line.ToString(format)), parseResult.GetValue(epochs), parseResult.GetValue(lr));
    using var scope = torch.NewDisposeScope();
    notebook.In1_DummyData();
    if (parseResult.GetValue(cell) is null or 2)
    {
        CellRunner.Run(2, notebook.In2_FullCode);
    }

    if (parseResult.GetValue(cell) is null or 3)
    {
        CellRunner.Run(3, notebook.In3_FullCodeWithTorchOptim);
    }
}
